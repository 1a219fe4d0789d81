// Runs tests that use LibTorch, which must be included before doctest.
#include <torch/torch.h>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT
#include "test_main.h"
