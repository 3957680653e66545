"""The PyBullet engine: worlds in worker processes."""
