#include "core/files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace mp {
namespace {

class Files : public testing::Test {
 protected:
  Files() {
    std::string text = std::filesystem::temp_directory_path() / "mp_files_XXXXXX";
    dir_ = ::mkdtemp(text.data());
  }
  ~Files() override { std::filesystem::remove_all(dir_); }
  void put(const std::string& name, std::string_view text) const {
    const auto file = open_file(dir_ / name, O_WRONLY | O_CREAT | O_TRUNC);
    ASSERT_EQ(file.code, 0);
    EXPECT_EQ(write_all(file.fd, text).bytes, text.size());
  }
  [[nodiscard]] std::string get(const std::string& name) const {
    return read_file(dir_ / name).take().value_or("(none)");
  }

  std::filesystem::path dir_;
};

TEST_F(Files, nothing_is_renamed_over_data) {
  put("new", "new");
  put("old", "old");
  EXPECT_EQ(rename_new(dir_ / "new", dir_ / "old"), EEXIST);
  EXPECT_EQ(get("old"), "old");
  EXPECT_EQ(rename_new(dir_ / "new", dir_ / "third"), 0);
  EXPECT_EQ(get("third"), "new");
  EXPECT_EQ(rename_new(dir_ / "new", dir_ / "fourth"), ENOENT);
  EXPECT_EQ(replace_file(dir_ / "third", dir_ / "old"), 0);
  EXPECT_EQ(get("old"), "new");
}

TEST_F(Files, what_is_missing_and_what_cannot_be_read_differ) {
  EXPECT_EQ(get("none"), "(none)");
  const auto folder = read_file(dir_);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().message, "cannot read " + dir_.string() + ": Is a directory");
  EXPECT_EQ(look_for(dir_ / "none"), ENOENT);
  EXPECT_EQ(look_for(dir_), 0);
  EXPECT_EQ(remove_file(dir_ / "none"), 0);
  EXPECT_EQ(list_folder(dir_ / "none").code, ENOENT);
}

TEST_F(Files, whole_file_is_read_whatever_its_size) {
  const std::string large(300'000, 'x');
  put("large", large);
  EXPECT_EQ(get("large"), large);
  put("empty", "");
  EXPECT_EQ(get("empty"), "");
}

TEST_F(Files, folders_are_made_with_their_parents) {
  EXPECT_EQ(make_folders(dir_ / "a/b/c"), 0);
  EXPECT_EQ(make_folders(dir_ / "a/b/c"), 0);
  EXPECT_EQ(make_folders(dir_ / "a/b/c/"), 0);
  put("file", "");
  EXPECT_EQ(make_folders(dir_ / "file"), ENOTDIR);
  EXPECT_EQ(make_folders(dir_ / "file/below"), ENOTDIR);
  auto listing = list_folder(dir_);
  EXPECT_EQ(listing.code, 0);
  std::ranges::sort(listing.names);
  EXPECT_EQ(listing.names, (std::vector<std::string>{"a", "file"}));
}

TEST_F(Files, lock_is_one_open_files) {
  put("lock", "");
  const auto one = open_file(dir_ / "lock", O_RDWR);
  auto two = open_file(dir_ / "lock", O_RDWR);
  EXPECT_EQ(lock_file(one.fd), 0);
  EXPECT_EQ(lock_file(two.fd), EWOULDBLOCK);
}

TEST(FilesError, tells_what_the_system_said) {
  EXPECT_EQ(os_error("cannot do x", EROFS).kind, ErrorKind::permission);
  EXPECT_EQ(os_error("cannot do x", EIO).message, "cannot do x: Input/output error");
  EXPECT_TRUE(means_full(ENOSPC));
  EXPECT_FALSE(means_full(EIO));
  for (const int code : {EIO, EMFILE, ENOMEM, EACCES, ENOSPC}) EXPECT_FALSE(means_wrong_file(code));
}

}  // namespace
}  // namespace mp
