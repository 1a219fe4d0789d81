// What decides who takes part: peers files, key files, trust files, socket addresses, and the bodies of the handshake with the messages
// that follow it. A file is read or is Error(input); an address is one or Error(usage); a stranger's bytes never upset a link.
#include "fuzz.h"

#include <cstring>

#include "node/network_link.h"
#include "node/runtime.h"
#include "wire/socket_address.h"
#include "wire/socket_keys.h"

using namespace dml;

namespace {

void check_files(std::string_view text) {
  const auto source = [&] { return memory_source(fuzz::bytes_of(text), "'a file'"); };
  fuzz::refuses_or_works(Fault::input, [&] {
    const auto peers = read_peers(source());
    for (std::size_t i = 0; i < peers.size(); ++i)
      fuzz::must(peers[i].id == i && !peers[i].endpoint.empty() && (peers[i].public_key.empty() || is_key(peers[i].public_key)), "a peer that is none");
  });
  fuzz::refuses_or_works(Fault::input, [&] {
    for (const auto& key : read_trust(source())) fuzz::must(is_key(key), "trust in what is no key");
  });
  fuzz::refuses_or_works(Fault::input, [&] {
    const KeyPairs keys = read_keys(source());
    for (const auto& key : {keys.curve_secret, keys.curve_public, keys.ed25519_secret, keys.ed25519_public}) fuzz::must(is_key(key), "a key file without a key");
  });
}

void check_address(std::string_view text) {
  fuzz::refuses_or_works(Fault::usage, [&] {
    const SocketAddress address = SocketAddress::parse(text);
    fuzz::must(address.ipc ? !address.path.empty() : address.port >= 0 && address.port <= 65535, "an address that leads nowhere");
    const std::string spelled = (address.bind ? "@" : "") + address.endpoint();
    if (spelled.find('*') == std::string::npos) fuzz::must(SocketAddress::parse(spelled).endpoint() == address.endpoint(), "an address that does not come back");
  });
}

void check_standing(std::string_view text) {
  BodyReader body(fuzz::bytes_of(text));
  const Standing standing = get_standing(body);
  if (!body.ok()) return;
  BodyWriter again;
  put_standing(again, standing);
  const auto* flags = text.data() + again.span().size() - 1;
  fuzz::must((*flags & ~7) != 0 || std::memcmp(again.span().data(), text.data(), again.span().size()) == 0, "a standing that does not come back");
  OutLink out(2);
  out.send(standing.floor, 1, Bytes::copy("kept"));
  out.begin(standing);
  out.settle(standing.base, standing);
  fuzz::must(out.kept().size() <= 1, "messages out of nothing");
}

// Chunks as a stranger cuts and deals them: the first byte of each says how long it is and which lane it takes.
void check_chunks(std::string_view text) {
  InLink in(0);
  in.begin(3);
  std::uint64_t size = 0;
  fuzz::refuses_or_works(Fault::system, [&] {
    while (text.size() > 1) {
      const auto first = static_cast<unsigned char>(text[0]);
      const std::size_t count = std::min<std::size_t>(1 + first % 64, text.size() - 1), lane = first / 64 % 3;
      if (in.flow(lane).arrived(in.flow(lane).next(), count) == ReceiveFlow::Verdict::accepted)
        for (const auto& message : in.chunk(fuzz::bytes_of(text.substr(1, count)), lane)) size += message.bytes.size();
      text.remove_prefix(1 + count);
    }
  });
  fuzz::must(size <= 1 << 20, "more came out than went in");
}

std::string chunked(std::string_view message) {
  std::string out;
  for (unsigned lane = 0; !message.empty(); lane = (lane + 1) % 3) {
    const std::size_t count = std::min<std::size_t>(64, message.size());
    out += static_cast<char>(lane * 64 + count - 1);
    out.append(message.substr(0, count));
    message.remove_prefix(count);
  }
  return out;
}

std::string text_of(const BodyWriter& body) { return {reinterpret_cast<const char*>(body.span().data()), body.span().size()}; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_files(text);
  check_address(text);
  check_standing(text);
  check_chunks(text);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  const std::string server = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";   // of ZeroMQ RFC 26
  std::vector<std::string> seeds{
      "0 tcp://127.0.0.1:5600\n1 ipc:///run/one # there\n",
      "0 tcp://[::1]:5600 " + server + "\n",
      "curve " + server + " node-0\ned25519 " + server + " node-0\n" + server + "\n",
      "@tcp://:5600", "tcp://localhost:80", "ipc:///tmp/x", "@ipc://x"};
  Standing standing;
  standing.base = 3;
  standing.keeps = true;
  BodyWriter body;
  put_standing(body, standing);
  seeds.push_back(text_of(body));
  std::string messages;
  for (const std::uint64_t length : {0ull, 100ull, 5ull}) messages += text_of(BodyWriter().u64(1).u64(2).u64(0).u64(length)) + std::string(length, 'm');
  seeds.push_back(chunked(messages));
  const KeyPairs own = make_keys();                        // true ones, so that mutations start from what is accepted
  seeds.push_back("curve-secret " + own.curve_secret + "\ncurve-public " + own.curve_public + "\ned25519-secret " + own.ed25519_secret + "\ned25519-public " +
                  own.ed25519_public + "\n");
  return seeds;
}
