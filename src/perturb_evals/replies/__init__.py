"""What a solver tells its scorer about its output."""
