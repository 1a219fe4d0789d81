#include "wire/socket_keys.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "wire/lines.h"

namespace dml {
namespace {

constexpr std::size_t kText = 40, kBytes = 32, kMostTrusted = 100'000;
using Raw = std::array<std::uint8_t, kBytes>;

void ready() {
  if (sodium_init() < 0) throw Error(Fault::system, "libsodium does not start");
  if (zmq_has("curve") == 0) throw Error(Fault::system, "this libzmq was built without CURVE, so sockets cannot be secured", "use a libzmq that was built with libsodium");
}

std::string to_text(const std::uint8_t* bytes) {
  char text[kText + 1];
  return zmq_z85_encode(text, bytes, kBytes);
}

Raw to_bytes(const std::string& key) {
  Raw bytes;
  zmq_z85_decode(bytes.data(), key.c_str());
  return bytes;
}

std::string curve_public_of(const std::string& secret) {
  Raw out;
  crypto_scalarmult_base(out.data(), to_bytes(secret).data());
  return to_text(out.data());
}

std::string ed25519_public_of(const std::string& secret) {
  Raw out;
  std::uint8_t both[crypto_sign_SECRETKEYBYTES];
  crypto_sign_seed_keypair(out.data(), both, to_bytes(secret).data());
  return to_text(out.data());
}

// A pair whose keys both do without # in front.
template <class Derive>
std::pair<std::string, std::string> fresh_pair(Derive public_of) {
  for (;;) {
    Raw bytes;
    randombytes_buf(bytes.data(), bytes.size());
    std::string secret = to_text(bytes.data());
    if (!is_key(secret)) continue;
    std::string open = public_of(secret);
    if (is_key(open)) return {std::move(secret), std::move(open)};
  }
}

// A file without a name until all of it is there; then it takes a name that nobody has.
class NewFile {
 public:
  NewFile(std::string path, int mode) : path_(std::move(path)) {
    const auto folder = std::filesystem::path(path_).parent_path();
    descriptor_ = ::open(folder.empty() ? "." : folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
    if (descriptor_ < 0) fail();
  }
  ~NewFile() {
    ::close(descriptor_);
    if (named_ && !kept_) ::unlink(path_.c_str());
  }
  void write(const std::string& text) {
    if (::write(descriptor_, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(descriptor_) != 0) fail();
    const std::string self = "/proc/self/fd/" + std::to_string(descriptor_);
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path_.c_str(), AT_SYMLINK_FOLLOW) != 0) fail();
    named_ = true;
  }
  void keep() { kept_ = true; }

 private:
  [[noreturn]] void fail() const {
    if (errno == EEXIST) throw Error(Fault::system, quote(path_) + " exists and is not overwritten", "choose another name, or move the old key away");
    throw Error(Fault::system, quote(path_) + " cannot be written: " + std::strerror(errno));
  }
  std::string path_;
  int descriptor_ = -1;
  bool named_ = false, kept_ = false;
};

void warn_if_open(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 077) != 0)
    warn("key file " + quote(path) + " can be read by others: chmod 600 it, or make a new key");
}

[[noreturn]] void no_key(const std::string& where, const std::string& hint = "a key file is what 'keygen NAME' writes to NAME.key") {
  throw Error(Fault::input, where, hint);
}

}  // namespace

bool is_key(std::string_view text) {
  if (text.size() != kText || text[0] == '#') return false;
  Raw bytes;
  const std::string terminated(text);
  return terminated.find('\0') == std::string::npos && zmq_z85_decode(bytes.data(), terminated.c_str()) != nullptr && to_text(bytes.data()) == text;
}

KeyPairs make_keys() {
  ready();
  KeyPairs keys;
  std::tie(keys.curve_secret, keys.curve_public) = fresh_pair(curve_public_of);
  std::tie(keys.ed25519_secret, keys.ed25519_public) = fresh_pair(ed25519_public_of);
  return keys;
}

void write_keys(const std::string& name, const KeyPairs& keys) {
  const std::string label = std::filesystem::path(name).filename().string();
  if (!printable(label) || label.empty() || label[0] == '#') throw Error(Fault::usage, quote(name) + " is no name for a key", "letters and digits, such as node-0");
  NewFile secret(name + ".key", 0600), open(name + ".pub", 0644);
  secret.write("# Secret: whoever has this file is " + label + ".\ncurve-secret " + keys.curve_secret + "\ncurve-public " + keys.curve_public +
               "\ned25519-secret " + keys.ed25519_secret + "\ned25519-public " + keys.ed25519_public + "\n");
  open.write("curve " + keys.curve_public + " " + label + "\ned25519 " + keys.ed25519_public + " " + label + "\n");
  secret.keep();
  open.keep();
}

KeyPairs read_keys(std::unique_ptr<ByteSource> source) {
  ready();
  LineReader lines(std::move(source));
  KeyPairs keys;
  const std::pair<const char*, std::string*> fields[] = {{"curve-secret", &keys.curve_secret}, {"curve-public", &keys.curve_public},
                                                         {"ed25519-secret", &keys.ed25519_secret}, {"ed25519-public", &keys.ed25519_public}};
  while (const auto words = lines.next()) {
    const auto& word = (*words)[0];
    if (word == "curve" || word == "ed25519" || is_key(word)) no_key(lines.name() + " holds a public key, not a secret one", "--key takes NAME.key, --trust takes public keys");
    const auto field = std::find_if(std::begin(fields), std::end(fields), [&](const auto& f) { return f.first == word; });
    if (field == std::end(fields) || words->size() != 2) no_key(lines.where() + " is no line of a key file");
    if (!is_key((*words)[1])) no_key(lines.where() + " holds no key: 40 characters of Z85 are expected");
    if (!field->second->empty()) no_key(lines.where() + " says " + word + " again");
    *field->second = (*words)[1];
  }
  for (const auto& [name, value] : fields)
    if (value->empty()) no_key(lines.name() + " is no whole key file: it has no " + name);
  if (curve_public_of(keys.curve_secret) != keys.curve_public || ed25519_public_of(keys.ed25519_secret) != keys.ed25519_public)
    no_key(lines.name() + " holds a public key that does not belong to its secret key");
  return keys;
}

std::vector<std::string> read_trust(std::unique_ptr<ByteSource> source) {
  LineReader lines(std::move(source));
  std::vector<std::string> trusted;
  while (const auto words = lines.next()) {
    const std::string& word = (*words)[0];
    if (word.ends_with("-secret")) throw Error(Fault::input, lines.name() + " holds a secret key: keep it to its owner", "--trust takes public keys, such as NAME.pub");
    const bool bare = is_key(word);
    if (!bare && !((word == "curve" || word == "ed25519") && words->size() >= 2 && is_key((*words)[1])))
      throw Error(Fault::input, lines.where() + " is no public key", "a line is KEY, or one of a NAME.pub: curve KEY NAME");
    const std::string& key = bare ? word : (*words)[1];
    if (word != "ed25519" && std::find(trusted.begin(), trusted.end(), key) == trusted.end()) trusted.push_back(key);
    if (trusted.size() > kMostTrusted) throw Error(Fault::input, lines.name() + " trusts more than " + std::to_string(kMostTrusted) + " keys");
  }
  if (trusted.empty()) throw Error(Fault::input, lines.name() + " holds no public key");
  return trusted;
}

SocketKeys load_socket_keys(const std::string& key_path, const std::string& trust_path) {
  const KeyPairs keys = read_keys(open_file_source(key_path));
  warn_if_open(key_path);
  SocketKeys out{keys.curve_public, keys.curve_secret, {}};
  if (!trust_path.empty()) out.trusted = read_trust(open_file_source(trust_path));
  return out;
}

}  // namespace dml
