package daemon

import (
	sd "github.com/coreos/go-systemd/v22/daemon"
)

// Without systemd, or under a unit of another type, these do nothing.

func notifyReady() { sd.SdNotify(false, sd.SdNotifyReady) }

func notifyReloading() { sd.SdNotify(false, sd.SdNotifyReloading) }

func notifyStopping() { sd.SdNotify(false, sd.SdNotifyStopping) }

func notifyStatus(text string) { sd.SdNotify(false, "STATUS="+text) }

func notifyWatchdog() { sd.SdNotify(false, sd.SdNotifyWatchdog) }
