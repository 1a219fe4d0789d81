// The peers file: who takes part and where each one listens. The graph is never in it.
#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "node/runtime.h"
#include "wire/lines.h"
#include "wire/socket_keys.h"

namespace dml {
namespace {

constexpr std::size_t kMostPeers = 1'000'000;

Peer parse_peer(const std::vector<std::string>& parts, const std::string& line, const std::string& where) {
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
  if (!key.empty() && !is_key(key))
    throw Error(Fault::input, where + ": " + quote(key.substr(0, 80)) + " is no public key", "the word behind 'curve' in NAME.pub, which 'keygen NAME' writes");
  return {static_cast<NodeId>(*id), endpoint, key};
}

}  // namespace

std::vector<Peer> read_peers(const std::string& path) { return read_peers(open_file_source(path)); }

std::vector<Peer> read_peers(std::unique_ptr<ByteSource> source) {
  LineReader lines(std::move(source));
  std::vector<Peer> peers;
  std::set<NodeId> ids;
  std::set<std::string> endpoints, keys;
  while (const auto words = lines.next()) {
    const std::string where = lines.where();
    Peer peer = parse_peer(*words, lines.line(), where);
    if (!ids.insert(peer.id).second) throw Error(Fault::input, where + ": node " + std::to_string(peer.id) + " stands twice");
    if (!endpoints.insert(peer.endpoint).second) throw Error(Fault::input, where + ": " + quote(peer.endpoint) + " is already another node's");
    if (!peer.public_key.empty() && !keys.insert(peer.public_key).second)
      throw Error(Fault::input, where + ": the key " + quote(peer.public_key) + " is already another node's");
    peers.push_back(std::move(peer));
    if (peers.size() > kMostPeers) throw Error(Fault::input, where + ": more than " + std::to_string(kMostPeers) + " nodes");
  }
  if (peers.empty()) throw Error(Fault::input, lines.name() + " names no node", "a line of it is ID ENDPOINT: 0 tcp://127.0.0.1:5600");
  std::sort(peers.begin(), peers.end(), [](const Peer& a, const Peer& b) { return a.id < b.id; });
  for (std::size_t i = 0; i < peers.size(); ++i)
    if (peers[i].id != i)
      throw Error(Fault::input, lines.name() + " has no node " + std::to_string(i) + ", though ids go up to " + std::to_string(peers.back().id));
  return peers;
}

}  // namespace dml
