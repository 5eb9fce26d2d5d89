# Installs the two libraries for users, what they need, the CMake package and pkg-config files.
