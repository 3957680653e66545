"""How many threads multiply matrices: one, in networks as small as these."""

from threadpoolctl import threadpool_limits


def use_one_thread() -> None:
    """Let numpy's BLAS work in one thread from now on, in all of this process.

    A second one waits for the first in a busy loop: of a training against an LSTM beside other work on two cores, four
    fifths of the processor time went there (measured), and an idle core gains next to nothing.
    """
    threadpool_limits(limits=1, user_api="blas")
