// leafward-service.exe runs a Leafward program as a Windows service. A Node program cannot answer the service control
// manager, so this one does: it starts the program, and to stop it closes the program's standard input, upon which it drains.
//
//	leafward-service.exe install NAME [words of leafward, such as: monitoring-agent --settings FILE]
//	leafward-service.exe uninstall NAME
//	leafward-service.exe run NAME [words]     (what the service manager calls)
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"
	"golang.org/x/sys/windows/svc/mgr"
)

// Longer than the ten seconds in which Leafward drains.
const stopWait = 20 * time.Second

const usage = "usage: leafward-service.exe install|uninstall|run NAME [words of leafward]"

func main() {
	if len(os.Args) < 3 {
		fail(64, errors.New(usage))
	}
	name, words := os.Args[2], os.Args[3:]
	var err error
	switch os.Args[1] {
	case "install":
		err = install(name, words)
	case "uninstall":
		err = uninstall(name)
	case "run":
		err = svc.Run(name, &service{name: name, words: words})
	default:
		fail(64, errors.New(usage))
	}
	if err != nil {
		fail(1, err)
	}
}

func fail(status int, err error) {
	fmt.Fprintln(os.Stderr, "leafward-service:", err)
	os.Exit(status)
}

func install(name string, words []string) error {
	if len(words) == 0 {
		return errors.New("name what leafward shall run: monitoring-agent --settings FILE")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	manager, err := mgr.Connect()
	if err != nil {
		return fmt.Errorf("%w (run this as administrator)", err)
	}
	defer manager.Disconnect()
	config := mgr.Config{
		StartType:        mgr.StartAutomatic,
		DelayedAutoStart: true,
		DisplayName:      "Leafward " + words[0],
		Description:      "Watches and backs up MongoDB: leafward " + strings.Join(words, " "),
		// An account without rights of its own.
		ServiceStartName: `NT AUTHORITY\LocalService`,
	}
	created, err := manager.CreateService(name, self, config, append([]string{"run", name}, words...)...)
	if err != nil {
		return err
	}
	defer created.Close()
	again := []mgr.RecoveryAction{
		{Type: mgr.ServiceRestart, Delay: 5 * time.Second},
		{Type: mgr.ServiceRestart, Delay: 30 * time.Second},
		{Type: mgr.ServiceRestart, Delay: time.Minute},
	}
	if err := created.SetRecoveryActions(again, 86400); err != nil {
		return err
	}
	// Also after an end with a status that is not 0; wine does not know this.
	_ = created.SetRecoveryActionsOnNonCrashFailures(true)
	if err := eventlog.InstallAsEventCreate(name, eventlog.Error|eventlog.Warning|eventlog.Info); err != nil {
		fmt.Fprintln(os.Stderr, "leafward-service: without event log:", err)
	}
	// LocalService (S-1-5-19) keeps its state and its log in this folder.
	grant := exec.Command("icacls.exe", filepath.Dir(self), "/grant", "*S-1-5-19:(OI)(CI)M", "/q")
	if output, err := grant.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "leafward-service: LocalService may not write to %s: %v %s\n", filepath.Dir(self), err, output)
	}
	fmt.Printf("installed %s; start it with: sc.exe start %s\n", name, name)
	return nil
}

func uninstall(name string) error {
	manager, err := mgr.Connect()
	if err != nil {
		return fmt.Errorf("%w (run this as administrator)", err)
	}
	defer manager.Disconnect()
	installed, err := manager.OpenService(name)
	if err != nil {
		return err
	}
	defer installed.Close()
	if status, err := installed.Query(); err == nil && status.State != svc.Stopped {
		installed.Control(svc.Stop)
		for end := time.Now().Add(stopWait + 5*time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
			if status, err := installed.Query(); err != nil || status.State == svc.Stopped {
				break
			}
		}
	}
	eventlog.Remove(name)
	if err := installed.Delete(); err != nil {
		return err
	}
	fmt.Printf("uninstalled %s\n", name)
	return nil
}

type service struct {
	name  string
	words []string
}

// Execute answers the service control manager until the program ends or the service is to stop.
func (s *service) Execute(_ []string, requests <-chan svc.ChangeRequest, changes chan<- svc.Status) (bool, uint32) {
	changes <- svc.Status{State: svc.StartPending}
	log, err := eventlog.Open(s.name)
	if err == nil {
		defer log.Close()
	}
	tell := func(text string) {
		if log != nil {
			log.Info(1, text)
		}
	}
	child, stdin, output, err := start(s.words)
	if err != nil {
		tell("leafward does not start: " + err.Error())
		return true, 1
	}
	defer output.Close()
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	changes <- svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown}
	tell("leafward " + strings.Join(s.words, " ") + " runs")
	for {
		select {
		case <-ended:
			status := uint32(child.ProcessState.ExitCode())
			tell(fmt.Sprintf("leafward ended by itself with status %d", status))
			return true, max(status, 1)
		case request := <-requests:
			switch request.Cmd {
			case svc.Interrogate:
				changes <- request.CurrentStatus
			case svc.Stop, svc.Shutdown:
				changes <- svc.Status{State: svc.StopPending, WaitHint: uint32(stopWait / time.Millisecond)}
				stdin.Close()
				select {
				case <-ended:
					tell("leafward stopped")
				case <-time.After(stopWait):
					child.Process.Kill()
					tell("leafward did not stop in time and was ended")
				}
				return false, 0
			}
		}
	}
}

// start runs the leafward.exe beside this file; what it prints goes into service.log beside its settings file.
func start(words []string) (*exec.Cmd, interface{ Close() error }, *os.File, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, nil, err
	}
	folder := filepath.Dir(self)
	output, err := os.OpenFile(logFile(folder, words), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, nil, nil, err
	}
	child := exec.Command(filepath.Join(folder, "leafward.exe"), words...)
	child.Dir = folder
	child.Env = append(os.Environ(), "LEAFWARD_STOP_WITH_STDIN=true")
	child.Stdout, child.Stderr = output, output
	stdin, err := child.StdinPipe()
	if err != nil {
		return nil, nil, output, err
	}
	return child, stdin, output, child.Start()
}

func logFile(folder string, words []string) string {
	for index, word := range words[:max(len(words)-1, 0)] {
		if word == "--settings" {
			folder = filepath.Dir(words[index+1])
		}
	}
	return filepath.Join(folder, "service.log")
}
