package main

import (
	"parley/chat"
	"parley/config"
)

// limitsOf gathers what the settings say of callers.
func limitsOf(cfg config.Config) chat.Limits {
	return chat.Limits{
		MessagesPerSecond: cfg.Chat.MessagesPerSecond, MessagesBurst: cfg.Chat.MessagesBurst,
		OpensPerMinute:   float64(cfg.Chat.OpensPerMinute),
		VisitorPerSecond: cfg.Limits.PerVisitor, KeyPerSecond: cfg.Limits.PerKey, OrganizationPerSecond: cfg.Limits.PerOrganization,
		ReadsPerSecond: cfg.Limits.ReadsPerIP, FilesPerSecond: cfg.Limits.FilesPerIP, MissesPerSecond: cfg.Limits.MissesPerIP,
	}
}
