// The one exception of the project. Fault *is* the exit code of the tool.
#pragma once
#include <stdexcept>
#include <string>
#include <utility>

namespace dml {

enum class Fault : int {
  usage = 2,    // the command line cannot be carried out as typed
  input = 3,    // an input is absent, unreadable, cut or malformed
  system = 4,   // an output, a peer or memory cannot be had
  method = 5,   // the method cannot go on: n <= 2f, diverged
  bug = 70,     // a defect of this program
};

/// `message`: one lower-case line without a full stop that names input and record. `hint`: what to type instead, may be empty.
class Error : public std::runtime_error {
 public:
  Error(Fault fault, const std::string& message, std::string hint = {})
      : std::runtime_error(message), fault_(fault), hint_(std::move(hint)) {}
  Fault fault() const { return fault_; }
  const std::string& hint() const { return hint_; }

 private:
  Fault fault_;
  std::string hint_;
};

/// The reader of our output went away: not an error of ours. The tool ends silently with 141.
class ClosedPipe : public std::runtime_error {
 public:
  ClosedPipe() : std::runtime_error("the output pipe was closed") {}
};

}  // namespace dml
