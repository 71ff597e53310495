package load

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// process is the server's, if it runs on this machine and /proc tells of it.
type process struct {
	pid  int // 0: unknown
	from time.Duration
	cpu  time.Duration // between start and stop
}

// watchProcess looks for the process that listens where address leads.
func watchProcess(address string, local bool, pid int) *process {
	if !local {
		return &process{}
	}
	if pid == 0 {
		u, err := url.Parse(address)
		if err != nil {
			return &process{}
		}
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
		n, _ := strconv.Atoi(port)
		pid = Listener(n)
	}
	return &process{pid: pid}
}

// Listener is the process that listens on a TCP port of this machine, 0 if
// none is found: one without /proc, or another user's process.
func Listener(port int) int {
	var sockets []string
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(file) // #nosec G304 -- the kernel's
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(text), "\n") {
			f := strings.Fields(line)
			// sl local_address rem_address st … inode; state 0A listens.
			if len(f) > 9 && f[3] == "0A" && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) {
				sockets = append(sockets, "socket:["+f[9]+"]")
			}
		}
	}
	if port == 0 || len(sockets) == 0 {
		return 0
	}
	files, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, file := range files {
		if to, err := os.Readlink(file); err == nil && slices.Contains(sockets, to) {
			pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
			return pid
		}
	}
	return 0
}

func (p *process) start() { p.from = p.used() }

func (p *process) stop() { p.cpu = p.used() - p.from }

// used is the CPU time of the threads that live, in nanoseconds where the
// kernel counts them, else in its ticks of 10 ms.
func (p *process) used() time.Duration {
	if p.pid == 0 {
		return 0
	}
	var sum time.Duration
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.pid))
	for _, t := range tasks {
		text, _ := os.ReadFile(t) // #nosec G304 -- the kernel's
		if f := strings.Fields(string(text)); len(f) > 0 {
			n, _ := strconv.ParseInt(f[0], 10, 64)
			sum += time.Duration(n)
		}
	}
	if ticks := p.ticks(); ticks > sum+25*time.Millisecond {
		return ticks // a thread has ended, or nothing is counted in nanoseconds
	}
	return sum
}

// ticks is user and system time as /proc/PID/stat has it.
func (p *process) ticks() time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}

func (p *process) memory() Memory {
	if p.pid == 0 {
		return Memory{}
	}
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.pid))
	f := strings.Fields(string(text))
	if len(f) < 2 {
		return Memory{}
	}
	pages, _ := strconv.ParseInt(f[1], 10, 64)
	return Memory{pages * int64(os.Getpagesize())}
}
