package chattest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// own makes the program run as whom PostgreSQL accepts and end with this process,
// however this process ends.
func own(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true,           // Ctrl-C in a terminal is for the tests only; Pdeathsig follows
		Pdeathsig: syscall.SIGINT, // "fast shutdown"
	}
	if uid, gid, other := runAs(); other {
		command.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} // #nosec G115 -- the system's own ids
	}
}

// runAs picks an account for the server when this process is root's, which PostgreSQL refuses.
func runAs() (uid, gid int, other bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	for _, name := range []string{"postgres", "nobody"} {
		if account, err := user.Lookup(name); err == nil {
			uid, _ = strconv.Atoi(account.Uid)
			gid, _ = strconv.Atoi(account.Gid)
			return uid, gid, true
		}
	}
	return 0, 0, false
}
