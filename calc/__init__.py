"""The rules and maths of a build. Pure: no files, clocks, sockets or randomness."""
