"""Views: PettingZoo and Gymnasium environments over a batch, and pictures of it."""
