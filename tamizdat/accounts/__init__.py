"""Staff: who may write, edit, publish and operate."""
