package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// startBrowser starts Chromium. Its sandbox does not work for root.
func startBrowser(ctx context.Context) (context.Context, func(), error) {
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options, chromedp.Flag("hide-scrollbars", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, release := chromedp.NewExecAllocator(ctx, options...)
	ctx, quit := chromedp.NewContext(ctx)
	end := func() { quit(); release() }
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		end()
		return nil, nil, fmt.Errorf("start chromium: %w", err)
	}
	return ctx, end, nil
}

// A tab is a page in the browser, with cookies of its own, that takes note of what went
// wrong on it.
type tab struct {
	t   *trial
	ctx context.Context

	mu         sync.Mutex
	complaints []string // of the console
	asked      []string // addresses of requests
	statuses   map[string]int64
}

// A screen is what a page is looked at on.
type screen struct {
	name   string
	width  int64
	height int64
	scale  float64
}

var (
	desktop = screen{"desktop", 1280, 900, 1}
	phone   = screen{"phone", 390, 844, 2}
)

func (t *trial) newTab() *tab {
	ctx, closeTab := chromedp.NewContext(t.browser, chromedp.WithNewBrowserContext())
	t.undo = append(t.undo, closeTab)
	b := &tab{t: t, ctx: ctx, statuses: make(map[string]int64)}
	t.check(chromedp.Listen(ctx, b.hear))
	b.show(desktop, "light")
	_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `document.addEventListener("securitypolicyviolation", (e) => console.error("policy: " + e.violatedDirective + " " + e.blockedURI));
			self.pwned = false; self.alert = () => { self.pwned = true };`,
	})
	t.check(err)
	return b
}

// hear takes note of an event of the page.
func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			for _, arg := range e.Args {
				b.complaints = append(b.complaints, fmt.Sprintf("%s: %s", e.Type, arg.Value))
			}
		}
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, "exception: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			b.complaints = append(b.complaints, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
	case *network.EventResponseReceived:
		b.statuses[e.Response.URL] = e.Response.Status
	}
}

// said returns what was complained of since the last call.
func (b *tab) said() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	said := b.complaints
	b.complaints = nil
	return said
}

// elsewhere returns the requests to others than the site.
func (b *tab) elsewhere(s *site) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var foreign []string
	for _, address := range b.asked {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "about" && u.Host != fmt.Sprintf("127.0.0.1:%d", s.port) {
			foreign = append(foreign, address)
		}
	}
	return foreign
}

func (b *tab) show(s screen, theme string) {
	_, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: s.width, Height: s.height, DeviceScaleFactor: s.scale, Mobile: s.width < 500,
	})
	b.t.check(err)
	_, err = chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
	})
	b.t.check(err)
}

// open goes to an address and waits for the load.
func (b *tab) open(address string) {
	var err error
	b.t.until(address, func() bool {
		_, err = attempt(b, chromedp.Navigate(address))
		return err == nil
	}, func() string { return err.Error() })
}

// openLive opens a page and waits until it is live.
func (b *tab) openLive(address string) {
	b.open(address)
	b.until("a live page", `document.getElementById("live").dataset.live === "on"`)
}

// ask evaluates an expression in the page.
func ask[T any](b *tab, expression string) T {
	value, err := attempt(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.fatalf("evaluate %.80s: %v", expression, err)
	}
	return value
}

// do evaluates an expression for what it does.
func (b *tab) do(expression string) {
	if _, err := attempt(b, chromedp.Evaluate[chromedp.Void](expression)); err != nil {
		b.t.fatalf("evaluate %.80s: %v", expression, err)
	}
}

// until waits until an expression is true.
func (b *tab) until(what, expression string) (took string) {
	d := b.t.until(what, func() bool {
		value, err := attempt(b, chromedp.Evaluate[bool](expression))
		return err == nil && value
	})
	return fmt.Sprintf("%.1fs", d.Seconds())
}

// attempt runs an action, for a while. A page that is just left for another may answer that
// it is not there, or not at all.
func attempt[T any](b *tab, action chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience/6)
	defer cancel()
	return chromedp.Run(ctx, action)
}

// click clicks what a selector finds, as a mouse does, once it is there.
func (b *tab) click(selector string) {
	var err error
	b.t.until("a click on "+selector, func() bool {
		_, err = attempt(b, chromedp.Click(chromedp.CSS(selector)))
		return err == nil
	}, func() string { return err.Error() })
}

// html returns the text of the page.
func (b *tab) html() (text string) {
	b.t.until("a page", func() bool {
		var err error
		text, err = attempt(b, chromedp.OuterHTML(chromedp.CSS("html")))
		return err == nil
	})
	return text
}

func (b *tab) press(key string) {
	_, err := attempt(b, chromedp.KeyEvent(key))
	b.t.check(err)
}

// text returns the text of what a selector finds.
func (b *tab) text(selector string) string {
	return strings.TrimSpace(ask[string](b, fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", selector)))
}

// shoot takes a picture of the whole page.
func (b *tab) shoot(name string) {
	b.t.until("a picture", func() bool {
		data, err := attempt(b, chromedp.FullScreenshot(100))
		if err == nil {
			b.t.save(name+".png", data)
		}
		return err == nil
	})
}
