#include "wire/socket_libraries.h"

#include <sodium.h>
#include <xxhash.h>
#include <zlib.h>
#include <zmq.h>

#include <msgpack/version.hpp>

namespace dml {
namespace {

std::string dotted(int major, int minor, int patch) { return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch); }

}  // namespace

Attributes wire_libraries() {
  int major = 0, minor = 0, patch = 0;
  zmq_version(&major, &minor, &patch);
  return {{"libzmq", dotted(major, minor, patch) + (zmq_has("curve") ? " with curve" : " without curve")},
          {"libsodium", sodium_version_string()},
          {"zlib", zlibVersion()},
          {"msgpack", MSGPACK_VERSION},
          {"xxhash", dotted(XXH_VERSION_MAJOR, XXH_VERSION_MINOR, XXH_VERSION_RELEASE)}};
}

}  // namespace dml
