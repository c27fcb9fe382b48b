#include "journal/control.hpp"

#include <string>

namespace mp::journal {
namespace {

Error other_version(const Store& store, std::uint32_t version) {
  return {ErrorKind::data, "the journal " + store.location().string() + " has format version " +
                               std::to_string(version) + "; this program knows version " +
                               std::to_string(kFormatVersion) +
                               ": use the program that wrote it, or another directory"};
}

void wake_if_waiting(std::atomic<std::uint32_t>& waiting, std::atomic<std::uint32_t>& wake) {
  if (waiting.load(std::memory_order_seq_cst) == 0) return;
  waiting.exchange(0, std::memory_order_seq_cst);
  wake.fetch_add(1, std::memory_order_seq_cst);
  futex_wake_all(wake);
}

}  // namespace

Result<Control> Control::create(Store& store) {
  auto fd = store.create_control();
  if (!fd) return fd.error();
  auto mapping = Mapping::of(*fd, kPageBytes, Access::write, "the journal's control page");
  if (!mapping) return mapping.error();
  Control control;
  control.mapping_ = mapping.take();
  control.page_ = reinterpret_cast<ControlPage*>(control.mapping_.data());
  control.writable_ = true;
  const std::uint32_t version = control->version.load();
  if (control->magic.load(std::memory_order_acquire) == kControlMagic && version != kFormatVersion)
    return other_version(store, version);
  if (control->magic.load() != kControlMagic) {
    control->next_index.store(0);
    control->active_segment.store(0);
  }
  control->spare_segment.store(0);
  control->promised.store(0);  // the clock may have been set back since
  control->version.store(kFormatVersion);
  control->magic.store(kControlMagic, std::memory_order_release);
  return control;
}

Result<Control> Control::open(Store& store) {
  Control control;
  control.writable_ = true;
  auto fd = store.open_control(Access::write);
  if (!fd && fd.error().kind == ErrorKind::permission) {
    control.writable_ = false;
    fd = store.open_control(Access::read);
  }
  if (!fd) return fd.error();
  if (!fd->open()) return Control{};
  const FileSize size = file_size(*fd);
  if (size.code != 0)
    return os_error("cannot look at the control page of " + store.location().string(), size.code);
  if (size.bytes < kPageBytes) return Control{};
  auto mapping = Mapping::of(*fd, kPageBytes, control.writable_ ? Access::write : Access::read,
                             "the journal's control page");
  if (!mapping) return mapping.error();
  control.mapping_ = mapping.take();
  control.page_ = reinterpret_cast<ControlPage*>(control.mapping_.data());
  if (control->magic.load(std::memory_order_acquire) != kControlMagic) return Control{};
  if (const std::uint32_t version = control->version.load(); version != kFormatVersion)
    return other_version(store, version);
  return control;
}

void Control::publish(std::uint64_t next_index) const {
  page_->next_index.exchange(next_index, std::memory_order_seq_cst);
  wake_if_waiting(page_->waiting, page_->wake);
}

void Control::promise(std::int64_t ts_recv_ns) const {
  if (ts_recv_ns <= page_->promised.load(std::memory_order_relaxed)) return;
  page_->promised.exchange(ts_recv_ns, std::memory_order_seq_cst);
  wake_if_waiting(page_->promise_waiting, page_->promise_wake);
}

}  // namespace mp::journal
