// A request to stop, which a signal handler may make at any moment and long runs look at between their steps.
#pragma once
#include <stdexcept>
#include <string>

namespace dml {

/// Safe in a signal handler. The first request stays.
void request_stop(int signal);
/// The signal of the request; 0: nobody asked. Tests take a request back with clear_stop().
int stop_requested();
void clear_stop();

/// Thrown by a run that stopped because it was asked to: exit code 128 + signal. The text says what was kept.
class Stopped : public std::runtime_error {
 public:
  Stopped(int signal, const std::string& what) : std::runtime_error(what), signal_(signal) {}
  int signal() const { return signal_; }

 private:
  int signal_;
};

}  // namespace dml
