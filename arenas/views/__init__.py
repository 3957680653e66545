"""Views of a batch: PettingZoo and Gymnasium environments, and pictures."""
