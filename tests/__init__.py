"""The tests mirror ``tamizdat/``; ``journeys/`` are whole stories through a real browser."""
