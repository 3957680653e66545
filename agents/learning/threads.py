"""The number of threads that multiply matrices: one, because the networks are small."""

from threadpoolctl import threadpool_limits


def use_one_thread() -> None:
    """Limit NumPy's BLAS to one thread in this process from now on.

    A second thread waits for the first in a busy loop. That took four fifths of the processor time of a training
    against an LSTM on two busy cores (measured), and on an idle machine it gains almost nothing.
    """
    threadpool_limits(limits=1, user_api="blas")
