package main

import (
	"os"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/term"

	"imgwatchd/internal/config"
)

// newLogger returns a logger to standard error: lines for people on a terminal,
// JSON for the journal, unless the configuration says which. The journal is told
// the priority of each line.
func newLogger(c config.Log) (*zap.Logger, error) {
	level, err := zapcore.ParseLevel(c.Level)
	if err != nil {
		return nil, err
	}
	encoder := jsonEncoder()
	if c.Format == "console" || c.Format == "auto" && term.IsTerminal(int(os.Stderr.Fd())) {
		encoder = consoleEncoder()
	}
	prefix := noPrefix
	if isJournal(os.Stderr, os.Getenv("JOURNAL_STREAM")) {
		prefix = priority
	}
	return zap.New(zapcore.NewCore(lineEncoder{encoder, prefix}, zapcore.Lock(os.Stderr), level)), nil
}

func jsonEncoder() zapcore.Encoder { return zapcore.NewJSONEncoder(encoding()) }

func consoleEncoder() zapcore.Encoder {
	e := encoding()
	e.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05")
	e.EncodeLevel = zapcore.CapitalLevelEncoder
	e.ConsoleSeparator = "  "
	return zapcore.NewConsoleEncoder(e)
}

func encoding() zapcore.EncoderConfig {
	e := zap.NewProductionEncoderConfig()
	e.EncodeTime = zapcore.RFC3339TimeEncoder
	e.EncodeDuration = zapcore.StringDurationEncoder
	return e
}
