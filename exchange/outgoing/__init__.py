"""What leaves for the billing system in numbered batches, and its answers."""
