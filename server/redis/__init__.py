"""Redis or Valkey itself: clients of it, calls to it, whether it is safe, and the embedded one."""
