"""What tests share: small worlds made of landing files, closed by the real definitions."""
