// The peers file: who takes part and where each one listens. The graph is never in it.
#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "node/runtime.h"
#include "wire/stream.h"

namespace dml {
namespace {

constexpr std::size_t kMostLine = 4096;                    // bytes of one line
constexpr std::size_t kMostPeers = 1'000'000;

/// A line without its end; nullopt at the end of the file.
std::optional<std::string> next_line(BufferedSource& source, const std::string& where) {
  if (source.peek(1).empty()) return std::nullopt;
  std::string line;
  for (;;) {
    const auto bytes = source.peek(1);
    const auto end = std::find(bytes.begin(), bytes.end(), std::byte{'\n'});
    line.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(end - bytes.begin()));
    if (line.size() > kMostLine) throw Error(Fault::input, where + " is longer than " + std::to_string(kMostLine) + " bytes");
    const bool complete = end != bytes.end();
    source.skip(static_cast<std::size_t>(end - bytes.begin()) + (complete ? 1 : 0));
    if (complete || source.peek(1).empty()) break;
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

/// Words up to a word that starts with #.
std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> found;
  constexpr const char* kBlanks = " \t";
  for (std::size_t at = line.find_first_not_of(kBlanks); at != std::string::npos && line[at] != '#';) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    found.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kBlanks, end);
  }
  return found;
}

bool printable(const std::string& word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Peer parse_peer(const std::string& line, const std::string& where) {
  const auto parts = words(line);
  if (parts.size() < 2 || parts.size() > 3) throw Error(Fault::input, where + " is not ID ENDPOINT [PUBLIC_KEY]: " + quote(line.substr(0, 80)));
  const auto id = parse_integer(parts[0]);
  if (!id || *id < 0 || *id >= static_cast<std::int64_t>(kMostPeers)) throw Error(Fault::input, where + ": " + quote(parts[0].substr(0, 80)) + " is no node id");
  const std::string& endpoint = parts[1];
  const bool known = (endpoint.starts_with("tcp://") || endpoint.starts_with("ipc://")) && endpoint.size() > 6;
  if (!known || !printable(endpoint))
    throw Error(Fault::input, where + ": " + quote(endpoint.substr(0, 80)) + " is no endpoint",
                endpoint.starts_with("@") ? "leave out the @: each node binds its own endpoint and connects to the others"
                                          : "tcp://HOST:PORT or ipc://PATH");
  const std::string key = parts.size() == 3 ? parts[2] : "";
  if (!printable(key)) throw Error(Fault::input, where + ": " + quote(key.substr(0, 80)) + " is no public key");
  return {static_cast<NodeId>(*id), endpoint, key};
}

}  // namespace

std::vector<Peer> read_peers(const std::string& path) {
  BufferedSource source(open_file_source(path));
  std::vector<Peer> peers;
  std::set<NodeId> ids;
  std::set<std::string> endpoints;
  std::size_t number = 0;
  for (;;) {
    const std::string where = "line " + std::to_string(++number) + " of " + source.name();
    const auto line = next_line(source, where);
    if (!line) break;
    if (words(*line).empty()) continue;
    Peer peer = parse_peer(*line, where);
    if (!ids.insert(peer.id).second) throw Error(Fault::input, where + ": node " + std::to_string(peer.id) + " stands twice");
    if (!endpoints.insert(peer.endpoint).second) throw Error(Fault::input, where + ": " + quote(peer.endpoint) + " is already another node's");
    peers.push_back(std::move(peer));
    if (peers.size() > kMostPeers) throw Error(Fault::input, where + ": more than " + std::to_string(kMostPeers) + " nodes");
  }
  if (peers.empty()) throw Error(Fault::input, source.name() + " names no node", "a line of it is ID ENDPOINT: 0 tcp://127.0.0.1:5600");
  std::sort(peers.begin(), peers.end(), [](const Peer& a, const Peer& b) { return a.id < b.id; });
  for (std::size_t i = 0; i < peers.size(); ++i)
    if (peers[i].id != i)
      throw Error(Fault::input, source.name() + " has no node " + std::to_string(i) + ", though ids go up to " + std::to_string(peers.back().id));
  return peers;
}

}  // namespace dml
