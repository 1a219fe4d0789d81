// Key files, trust files, and what is wrong with those that are none.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "base/log.h"
#include "unit/node/toy.h"
#include "wire/socket_keys.h"

using namespace toy;

namespace {

// The test vector of ZeroMQ RFC 26 / 32: not secret.
const std::string kPublic = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", kSecret = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";

std::string text_of(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

KeyPairs keys_in(const std::string& text) { return read_keys(memory_source(std::as_bytes(std::span(text)), "'x.key'")); }
std::vector<std::string> trust_in(const std::string& text) { return read_trust(memory_source(std::as_bytes(std::span(text)), "'trust.txt'")); }

void refuses_key(const std::string& text, const std::string& message) {
  const Error error = error_of([&] { keys_in(text); });
  INFO(error.what());
  CHECK(error.fault() == Fault::input);
  CHECK(has(error, message));
  CHECK(has(error, "'x.key'"));
}

void refuses_trust(const std::string& text, const std::string& message) {
  const Error error = error_of([&] { trust_in(text); });
  INFO(error.what());
  CHECK(error.fault() == Fault::input);
  CHECK(has(error, message));
}

mode_t mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("keys: Z85 of 32 bytes that does not begin like a comment") {
  CHECK(is_key(kPublic));
  CHECK(is_key(kSecret));
  CHECK_FALSE(is_key(""));
  CHECK_FALSE(is_key(kPublic.substr(1)));
  CHECK_FALSE(is_key(kPublic + "0"));
  CHECK_FALSE(is_key("#" + kPublic.substr(1)));
  CHECK_FALSE(is_key(" " + kPublic.substr(1)));
  CHECK_FALSE(is_key(std::string(1, '\0') + kPublic.substr(1)));
  CHECK_FALSE(is_key(std::string(40, '#')));               // over 2^32 a block
  CHECK_FALSE(is_key(std::string(1, '\xff') + kPublic.substr(1)));
}

TEST_CASE("keygen writes a secret and a public file, whole and once") {
  const Folder folder;
  const KeyPairs keys = make_keys(), other = make_keys();
  for (const auto& key : {keys.curve_secret, keys.curve_public, keys.ed25519_secret, keys.ed25519_public}) CHECK(is_key(key));
  CHECK(keys.curve_secret != other.curve_secret);
  CHECK(keys.curve_secret != keys.ed25519_secret);
  const std::string name = folder / "node-0";
  const mode_t old = ::umask(0);
  write_keys(name, keys);
  ::umask(old);
  CHECK(mode_of(name + ".key") == 0600);
  CHECK(mode_of(name + ".pub") == 0644);
  CHECK(text_of(name + ".pub") == "curve " + keys.curve_public + " node-0\ned25519 " + keys.ed25519_public + " node-0\n");
  CHECK(text_of(name + ".pub").find(keys.curve_secret) == std::string::npos);
  const SocketKeys loaded = load_socket_keys(name + ".key", name + ".pub");
  CHECK(loaded.public_key == keys.curve_public);
  CHECK(loaded.secret_key == keys.curve_secret);
  CHECK(loaded.trusted == std::vector<std::string>{keys.curve_public});

  const std::string before = text_of(name + ".key");
  const Error exists = error_of([&] { write_keys(name, other); });
  CHECK(exists.fault() == Fault::system);
  CHECK(has(exists, "exists and is not overwritten"));
  CHECK(text_of(name + ".key") == before);
  std::filesystem::remove(name + ".key");                  // a public key alone is kept, too, and no secret one is left beside it
  CHECK(has(error_of([&] { write_keys(name, other); }), ".pub' exists"));
  CHECK_FALSE(std::filesystem::exists(name + ".key"));
  CHECK(error_of([&] { write_keys(folder / "none/x", keys); }).fault() == Fault::system);
  CHECK(error_of([&] { write_keys(folder / "two words", keys); }).fault() == Fault::usage);
}

TEST_CASE("a key file that is none is refused, and says why") {
  const KeyPairs keys = make_keys();
  const std::string good = "curve-secret " + keys.curve_secret + "\ncurve-public " + keys.curve_public + "\ned25519-secret " + keys.ed25519_secret +
                           "\ned25519-public " + keys.ed25519_public + "\n";
  CHECK(keys_in(good).ed25519_secret == keys.ed25519_secret);
  refuses_key("", "it has no curve-secret");
  refuses_key("curve " + keys.curve_public + " node-0\n", "holds a public key, not a secret one");
  refuses_key(keys.curve_public + "\n", "holds a public key, not a secret one");
  for (std::size_t cut = 0; cut + 1 < good.size(); ++cut) refuses_key(good.substr(0, cut), "");
  refuses_key("curve-secret " + keys.curve_secret + "\n" + good, "says curve-secret again");
  refuses_key("curve-secret " + keys.curve_secret + "0\n", "line 1 of 'x.key' holds no key");
  refuses_key("password 1234\n", "line 1 of 'x.key' is no line of a key file");
  std::string swapped = good;
  swapped.replace(swapped.find(keys.curve_public), 40, make_keys().curve_public);
  refuses_key(swapped, "does not belong to its secret key");
  swapped = good;
  swapped.replace(swapped.find(keys.ed25519_public), 40, keys.curve_public);
  refuses_key(swapped, "does not belong to its secret key");
  refuses_key(std::string(100'000, 'x'), "is longer than 4096 bytes");
  CHECK(error_of([] { load_socket_keys("/nonexistent/x.key", ""); }).fault() == Fault::input);
}

TEST_CASE("trust files: public lines and bare keys, once each; secrets are refused") {
  const KeyPairs a = make_keys(), b = make_keys();
  CHECK(trust_in("# who\ncurve " + a.curve_public + " a # a comment\ned25519 " + a.ed25519_public + " a\n\n" + b.curve_public + "\n" + a.curve_public) ==
        std::vector<std::string>{a.curve_public, b.curve_public});
  refuses_trust("", "holds no public key");
  refuses_trust("ed25519 " + a.ed25519_public + " a\n", "holds no public key");
  refuses_trust("curve-secret " + a.curve_secret + "\n", "holds a secret key");
  refuses_trust(a.curve_public + "\nnode-0\n", "line 2 of 'trust.txt' is no public key");
  refuses_trust("curve " + a.curve_public.substr(1) + "\n", "is no public key");
}

TEST_CASE("a secret that others can read is warned of") {
  const Folder folder;
  const std::string name = folder / "k";
  write_keys(name, make_keys());
  std::vector<std::string> warnings;
  set_log_sink([&](Level level, const std::string& line) {
    if (level == Level::warning) warnings.push_back(line);
  });
  load_socket_keys(name + ".key", "");
  CHECK(warnings.empty());
  ::chmod((name + ".key").c_str(), 0640);
  load_socket_keys(name + ".key", "");
  set_log_sink({});
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("can be read by others") != std::string::npos);
}
