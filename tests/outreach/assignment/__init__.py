"""Who is proposed."""
