"""A terminal, as much of one as `marketprism top` uses: what stands on it, and its keys."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

SEQUENCE = re.compile(rb"\x1b\[(\??)([\d;]*)([A-Za-z])")


class Terminal:
    def __init__(self, arguments, columns, lines, deadline):
        self.columns, self.lines, self.deadline = columns, lines, deadline
        self.grid = [[" "] * columns for _ in range(lines)]
        self.row = self.column = 0
        self.full = False  # it has been the program's own screen
        self.whole = ""  # as it was when the next drawing began
        self.coloured = set()
        self.rest = b""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        self.process = subprocess.Popen(arguments, stdin=slave, stdout=slave,
                                        stderr=subprocess.PIPE, start_new_session=True,
                                        env={**environment, "TERM": "xterm"})
        os.close(slave)

    def close(self):
        """The program's exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(self.deadline)
        self.process.stderr.close()
        os.close(self.master)
        return code

    def press(self, keys):
        os.write(self.master, keys.encode())

    def text(self):
        """The last drawing that is complete."""
        return self.whole

    def drawn(self):
        return "\n".join("".join(line).rstrip() for line in self.grid)

    def until(self, pattern):
        """Reads until the screen has it, which is answered."""
        end = time.monotonic() + self.deadline
        while not (found := re.search(pattern, self.text(), re.MULTILINE)):
            left = end - time.monotonic()
            ready = select.select([self.master], [], [], max(left, 0))[0]
            assert ready, f"{pattern} never came:\n{self.text()}"
            self.feed(os.read(self.master, 65536))
        return found

    def feed(self, data):
        data = self.rest + data
        self.rest = b""
        while data:
            if data[0] == 0x1b:
                found = SEQUENCE.match(data)
                if not found:
                    self.rest = data  # it goes on with the next read
                    return
                self.control(*found.groups())
                data = data[found.end():]
                continue
            size = 1 if data[0] < 0x80 else 2 if data[0] < 0xe0 else 3 if data[0] < 0xf0 else 4
            if len(data) < size:
                self.rest = data
                return
            self.put(data[:size].decode())
            data = data[size:]

    def put(self, letter):
        if letter == "\r":
            self.column = 0
        elif letter == "\n":
            self.row += 1
        else:
            assert letter.isprintable(), repr(letter)
            assert self.row < self.lines, f"it scrolls:\n{self.drawn()}"
            assert self.column < self.columns, f"a line is too long:\n{self.drawn()}"
            self.grid[self.row][self.column] = letter
            self.column += 1

    def control(self, private, numbers, letter):
        first = [int(each or 0) for each in numbers.split(b";")]
        if letter == b"H":
            if first == [0]:
                self.whole = self.drawn()
            self.row = max(first[0], 1) - 1
            self.column = max(first[1], 1) - 1 if len(first) > 1 else 0
        elif letter == b"K":
            self.wipe(self.row, self.column)
        elif letter == b"J":
            self.wipe(self.row, self.column)
            for row in range(self.row + 1, self.lines):
                self.wipe(row, 0)
        elif letter == b"m":
            self.coloured.update(each for each in first if 30 <= each < 38)
        else:
            assert private and letter in b"hl", (private, numbers, letter)
            self.full = self.full or 1049 in first

    def wipe(self, row, column):
        if row < self.lines:
            self.grid[row][column:] = [" "] * (self.columns - column)
