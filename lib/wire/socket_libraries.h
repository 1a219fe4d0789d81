// The versions of the libraries behind streams and sockets, as they are loaded now.
#pragma once
#include "wire/value.h"

namespace dml {

/// Name -> version: libzmq (and whether it can encrypt), libsodium, zlib, msgpack, xxhash.
Attributes wire_libraries();

}  // namespace dml
