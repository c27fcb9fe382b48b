#include "obs/cpu_sampler.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>

#include "core/files.hpp"

namespace mp::obs {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kPages = CpuSample::kStackBytesMax / kPageBytes + 1;

// A signal's handler knows nothing but what is global. Who is in it counts as inside.
std::atomic<CpuSampler*> running{nullptr};
std::atomic<int> inside{0};

// A clock of the processor time of a thread of ours. Source: the kernel's
// include/linux/posix-timers_types.h (MAKE_THREAD_CPUCLOCK, CPUCLOCK_SCHED).
clockid_t clock_of(int thread) {
  constexpr unsigned kPerThread = 4;
  constexpr unsigned kScheduled = 2;
  return static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3U) | kPerThread | kScheduled);
}

void read_registers(const ucontext_t& context, CpuSample& out) {
#if defined(__x86_64__)
  const auto& all = context.uc_mcontext.gregs;
  out.pc = static_cast<std::uintptr_t>(all[REG_RIP]);
  out.sp = static_cast<std::uintptr_t>(all[REG_RSP]);
  out.fp = static_cast<std::uintptr_t>(all[REG_RBP]);
#elif defined(__aarch64__)
  out.pc = context.uc_mcontext.pc;
  out.sp = context.uc_mcontext.sp;
  out.fp = context.uc_mcontext.regs[29];
#else
  (void)context, (void)out;
#endif
}

constexpr bool knows_registers() {
#if defined(__x86_64__) || defined(__aarch64__)
  return true;
#else
  return false;
#endif
}

// By the kernel, page by page: where the stack ends it says so, where a load would end us.
std::size_t copy_stack(std::uintptr_t from, std::byte* to) {
  iovec pages[kPages];
  std::size_t count = 0;
  for (std::size_t left = CpuSample::kStackBytesMax; left > 0 && count < kPages; ++count) {
    const std::size_t size = std::min(left, kPageBytes - from % kPageBytes);
    pages[count] = {reinterpret_cast<void*>(from), size};
    from += size;
    left -= size;
  }
  iovec target{to, CpuSample::kStackBytesMax};
  const auto got = ::syscall(SYS_process_vm_readv, ::getpid(), &target, 1UL, pages, count, 0UL);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

std::optional<int> number_in(const std::string& name) {
  int value = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), value);
  return read.ec == std::errc{} ? std::optional{value} : std::nullopt;
}

}  // namespace

void CpuSampler::on_signal(int /*signal*/, void* /*info*/, void* context) {
  const int before = errno;
  inside.fetch_add(1);
  if (CpuSampler* const sampler = running.load()) sampler->take(context);
  inside.fetch_sub(1);
  errno = before;
}

void CpuSampler::take(const void* context) {
  for (Slot& slot : *slots_) {
    State expected = State::free;
    if (!slot.state.compare_exchange_strong(expected, State::filling)) continue;
    CpuSample& sample = slot.sample;
    sample.thread = static_cast<int>(::syscall(SYS_gettid));
    read_registers(*static_cast<const ucontext_t*>(context), sample);
    sample.stack_bytes = copy_stack(sample.sp, sample.stack.data());
    slot.state.store(State::full, std::memory_order_release);
    return;
  }
  dropped_.fetch_add(1, std::memory_order_relaxed);
}

Result<std::unique_ptr<CpuSampler>> CpuSampler::start() {
  if (!knows_registers())
    return Error{ErrorKind::unavailable, "this processor's stacks cannot be read here"};
  std::unique_ptr<CpuSampler> made{new CpuSampler};
  made->slots_ = std::make_unique<std::array<Slot, kSlots>>();
  CpuSampler* nobody = nullptr;
  if (!running.compare_exchange_strong(nobody, made.get()))
    return Error{ErrorKind::unavailable, "this process is being looked at already"};
  // It stays: a signal that is under way when the last timer goes would else end the process.
  struct sigaction action{};
  action.sa_sigaction = [](int signal, siginfo_t* info, void* context) {
    on_signal(signal, info, context);
  };
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  if (::sigaction(SIGPROF, &action, nullptr) != 0) return os_error("cannot handle SIGPROF", errno);
  if (!made->watch(static_cast<int>(::syscall(SYS_gettid))))
    return os_error("cannot make a timer of a thread's processor time", errno);
  made->watch_new_threads();
  return made;
}

CpuSampler::~CpuSampler() {
  CpuSampler* self = this;
  if (!running.compare_exchange_strong(self, nullptr)) return;  // it never ran
  for (const auto& [thread, timer] : timers_) ::timer_delete(timer);
  while (inside.load() != 0) ::sched_yield();
}

bool CpuSampler::watch(int thread) {
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGPROF;
  event._sigev_un._tid = thread;
  timer_t timer{};
  if (::timer_create(clock_of(thread), &event, &timer) != 0) return false;
  constexpr long kNanoseconds = 1'000'000'000 / kHertz;
  const itimerspec every{.it_interval = {0, kNanoseconds}, .it_value = {0, kNanoseconds}};
  if (::timer_settime(timer, 0, &every, nullptr) != 0) {
    ::timer_delete(timer);
    return false;
  }
  timers_[thread] = timer;
  return true;
}

void CpuSampler::watch_new_threads() {
  std::error_code code;
  for (auto each = std::filesystem::directory_iterator{"/proc/self/task", code};
       !code && each != std::filesystem::directory_iterator{}; each.increment(code)) {
    const auto thread = number_in(each->path().filename().string());
    if (!thread || timers_.contains(*thread) || timers_.size() >= kThreadsMax) continue;
    (void)watch(*thread);  // it may have ended meanwhile
  }
}

void CpuSampler::drain(const std::function<void(const CpuSample&)>& each) {
  for (Slot& slot : *slots_) {
    if (slot.state.load(std::memory_order_acquire) != State::full) continue;
    each(slot.sample);
    slot.state.store(State::free, std::memory_order_release);
  }
}

}  // namespace mp::obs
