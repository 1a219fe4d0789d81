#include <doctest/doctest.h>

#include <fstream>

#include "unit/node/toy.h"

using namespace toy;

namespace {

struct PeersFile {
  explicit PeersFile(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  std::vector<Peer> read() const { return read_peers(path); }
  Folder folder;
  std::string path = folder / "nodes.txt";
};

void refuses(const std::string& text, const std::string& message) {
  const PeersFile file(text);
  const Error error = error_of([&] { file.read(); });
  CHECK(error.fault() == Fault::input);
  INFO(error.what());
  CHECK(has(error, message));
  CHECK(has(error, "nodes.txt"));
}

}  // namespace

TEST_CASE("a peers file: any order, comments, blanks, keys, CRLF, no newline at the end") {
  const PeersFile file("# who\n\n  2\tipc:///run/two # trailing\r\n0 tcp://127.0.0.1:5600 rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\n1 tcp://[::1]:5601");
  const auto peers = file.read();
  REQUIRE(peers.size() == 3);
  for (NodeId i = 0; i < 3; ++i) CHECK(peers[i].id == i);
  CHECK(peers[0].endpoint == "tcp://127.0.0.1:5600");
  CHECK(peers[0].public_key == "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
  CHECK(peers[1].endpoint == "tcp://[::1]:5601");
  CHECK(peers[2].endpoint == "ipc:///run/two");
  CHECK(peers[2].public_key.empty());
}

TEST_CASE("what is wrong with a peers file is told with its line") {
  refuses("", "names no node");
  refuses("# only this\n", "names no node");
  refuses("0 tcp://a:1\n2 tcp://b:1\n", "has no node 1, though ids go up to 2");
  refuses("1 tcp://a:1\n", "has no node 0");
  refuses("0 tcp://a:1\n0 tcp://b:1\n", "line 2 of");
  refuses("0 tcp://a:1\n0 tcp://b:1\n", "node 0 stands twice");
  refuses("0 tcp://a:1\n1 tcp://a:1\n", "'tcp://a:1' is already another node's");
  refuses("0\n", "line 1 of");
  refuses("0 tcp://a:1 key more\n", "is not ID ENDPOINT");
  refuses("0 tcp://a:1 key\n", "'key' is no public key");
  refuses("0 tcp://a:1 rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf\n", "is no public key");
  refuses("0 tcp://a:1 rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\n1 tcp://a:2 rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\n", "is already another node's");
  refuses("zero tcp://a:1\n", "'zero' is no node id");
  refuses("-1 tcp://a:1\n", "'-1' is no node id");
  refuses("4294967296 tcp://a:1\n", "is no node id");
  refuses("0 http://a:1\n", "'http://a:1' is no endpoint");
  refuses("0 tcp://\n", "is no endpoint");
  refuses("0 @tcp://a:1\n", "is no endpoint");
  refuses(std::string("0 tcp://a\0b:1\n", 14), "is no endpoint");
  refuses("0 tcp://a:1 k\x01y\n", "is no public key");
  refuses(std::string(300000, '\xff'), "line 1 of");
}

TEST_CASE("lines of 4096 bytes are read, longer ones refused") {
  const std::string path(4096 - std::string("0 ipc://").size(), 'x');
  CHECK(PeersFile("0 ipc://" + path + "\n").read()[0].endpoint.size() == 4094);
  refuses("0 ipc://" + path + "x\n", "line 1 of");
  refuses("0 ipc://" + path + "x", "is longer than 4096 bytes");
  refuses("0 tcp://a:1\n#" + std::string(4096, 'c') + "\n", "line 2 of");
}

TEST_CASE("an absent peers file is bad input") {
  const Folder folder;
  CHECK(error_of([&] { read_peers(folder / "nodes.txt"); }).fault() == Fault::input);
}
