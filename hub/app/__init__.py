"""The composition root: builds everything, owns every task, and starts and stops it all in order."""
