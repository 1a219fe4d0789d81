// Runs the torch-free tests; a run in which no assertion was checked fails.
#define DOCTEST_CONFIG_IMPLEMENT
#include "test_main.h"
