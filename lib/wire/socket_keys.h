// Keys: who may speak on a socket. `keygen NAME` writes NAME.key, which stays with its owner, and NAME.pub, which is given to the others:
//   NAME.key   curve-secret KEY, curve-public KEY, ed25519-secret KEY, ed25519-public KEY; a line each, mode 0600
//   NAME.pub   curve KEY NAME, ed25519 KEY NAME
// A trust file holds such public lines (cat *.pub > trusted.txt) or bare CURVE keys; # starts a comment. Keys are 32 bytes in ZeroMQ's
// Z85, 40 characters. The Ed25519 pair is for signatures; sockets use the CURVE pair.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire/stream.h"

namespace dml {

/// Whether `text` is a key as keygen writes them: Z85 of 32 bytes that does not start with #, where a comment would begin.
bool is_key(std::string_view text);

struct KeyPairs {
  std::string curve_secret, curve_public, ed25519_secret, ed25519_public;
};
/// Fresh ones, from the system's randomness.
KeyPairs make_keys();
/// Writes NAME.key and NAME.pub. Error(system) when one of them exists or cannot be written; then neither is left.
void write_keys(const std::string& name, const KeyPairs& keys);

/// What a process needs to know for its sockets.
struct SocketKeys {
  std::string public_key, secret_key;                      // CURVE, its own
  std::vector<std::string> trusted;                        // CURVE public keys of others, in the order of the trust file; may be empty
};

/// --key FILE --trust FILE; an empty `trust_path`: nobody is trusted yet. Error(input) naming file and line for what is no such file:
/// cut, a public key in place of a secret one and the reverse, a public key that does not belong to the secret one. Warns when others
/// can read the secret.
SocketKeys load_socket_keys(const std::string& key_path, const std::string& trust_path);
KeyPairs read_keys(std::unique_ptr<ByteSource> source);
std::vector<std::string> read_trust(std::unique_ptr<ByteSource> source);

}  // namespace dml
