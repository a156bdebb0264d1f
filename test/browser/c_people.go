package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const hangup = syscall.SIGHUP

// quoted writes a list as JavaScript.
func quoted(list []string) string {
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings can be written
	}
	return string(text)
}

// full opens a page with some of everything.
func full(t *trial) (*site, *tab) {
	s := t.newSite()
	for i := range 3 {
		s.drop(fmt.Sprintf("photos/%d.jpg", i), picture(i))
	}
	s.drop("photos/torn.jpg", damaged(5))
	b := t.newTab()
	b.openLive(s.url("/"))
	b.until("all of it", `document.querySelectorAll("#rows > tr").length === 4 && document.querySelectorAll("#failed > li").length === 1`)
	b.openLive(s.url("/"))
	return s, b
}

// here describes the element that has the keyboard, and whether that is seen.
const here = `(() => {
	const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
	return [e.localName + " " + (e.innerText || e.name || "").trim().replace(/\s+/g, " "),
		String(style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.bottom > 0)];
})()`

func keys(t *trial) {
	_, b := full(t)
	controls := ask[[]string](b, `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select")].filter((e) => e.checkVisibility()).map((e) => e.localName + " " + (e.innerText || e.name || "").trim().replace(/\s+/g, " "))`)
	var visited []string
	for range len(controls) {
		b.press(kb.Tab)
		at := ask[[]string](b, here)
		visited = append(visited, at[0])
		t.expect(at[1] == "true", "the place of the keyboard at %q is not seen", at[0])
	}
	t.expect(slices.Equal(visited, controls), "the keyboard visits %q, the controls are %q", visited, controls)
	t.expect(strings.HasPrefix(controls[0], "a Skip"), "the first is %q", controls[0])

	b.openLive(b.address())
	b.press(kb.Tab)
	b.press(kb.Enter)
	b.until("the keyboard in the main part", `document.activeElement.id === "main"`)
	b.do(`document.querySelector('tr[data-name="photos"] form[action="/v1/pause"] button').focus()`)
	b.press(kb.Enter)
	b.until("a paused folder", `document.querySelector('tr[data-name="photos"]').dataset.state === "rest"`)
	t.expect(strings.HasPrefix(ask[[]string](b, here)[0], "button Resume"), "the keyboard is at %q then", ask[[]string](b, here)[0])
	t.note("%d controls in the order of the page, each with a visible focus", len(controls))
}

// contrasts is an expression that lists texts with too little contrast. What lies behind
// a text is the nearest background that is not transparent.
const contrasts = `(() => {
	const parse = (c) => { const n = c.match(/[\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
	const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] + under[i] * (1 - top[3]));
	const light = (c) => { const l = c.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2]; };
	const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c.slice(0, 3); } return [255, 255, 255]; };
	const poor = [];
	let texts = 0, least = 21;
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (!walk.currentNode.data.trim() || !e.checkVisibility() || e.closest(".vh, .signs, template, script, title, option")) continue;
		const style = getComputedStyle(e), ground = behind(e), ink = over(parse(style.color), ground);
		const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
		const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
		texts++;
		least = Math.min(least, ratio);
		if (ratio < (large ? 3 : 4.5)) poor.push(ratio.toFixed(1) + " of " + walk.currentNode.data.trim().slice(0, 30));
	}
	return [String(texts), least.toFixed(1), ...poor];
})()`

func access(t *trial) {
	_, b := full(t)
	tree, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	t.check(err)
	seen := map[string]int{}
	for _, node := range tree.Nodes {
		if node.Ignored || node.Role == nil {
			continue
		}
		role, name := plainValue(node.Role), plainValue(node.Name)
		seen[role]++
		switch role {
		case "button", "link", "textbox", "searchbox", "combobox", "table", "search", "heading", "image", "figure", "navigation":
			t.expect(name != "" || role == "figure" || role == "search", "a %s has no name", role)
		}
	}
	for role, n := range map[string]int{"banner": 1, "main": 1, "contentinfo": 1, "table": 2, "button": 7, "search": 1} {
		t.expect(seen[role] >= n, "there are %d of role %s, not %d", seen[role], role, n)
	}
	t.expect(seen["row"] >= 8 && seen["columnheader"] >= 13 && seen["rowheader"] >= 6, "tables have %d rows, %d and %d headers", seen["row"], seen["columnheader"], seen["rowheader"])
	t.expect(ask[bool](b, `new Set([...document.querySelectorAll("[id]")].map((e) => e.id)).size === document.querySelectorAll("[id]").length`), "an ID is there twice")
	t.expect(ask[string](b, `document.documentElement.lang`) == "en", "the page has no language")
	levels := ask[string](b, `[...document.querySelectorAll("h1, h2, h3")].filter((h) => h.checkVisibility()).map((h) => h.localName[1]).join("")`)
	t.expect(strings.HasPrefix(levels, "12") && strings.Count(levels, "1") == 1, "the levels of headings are %s", levels)
	for _, theme := range []string{"light", "dark"} {
		for _, s := range []screen{desktop, phone} {
			b.show(s, theme)
			found := ask[[]string](b, contrasts)
			t.expect(len(found) == 2, "in %s on a %s contrast is %s", theme, s.name, strings.Join(found[2:], ", "))
			if s == desktop {
				t.note("%s texts in %s, the least contrast %s", found[0], theme, found[1])
			}
			t.expect(ask[bool](b, `document.documentElement.scrollWidth <= innerWidth`), "the page is wider than the %s", s.name)
		}
		small := ask[[]string](b, `[...document.querySelectorAll("button, select, input:not([type=hidden])")].filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 39).map((e) => e.innerText || e.name)`)
		t.expect(len(small) == 0, "on a phone %q are too low to be met", small)
	}
	t.note("%d roles", len(seen))
}

// plainValue returns what a value of the accessibility tree is as text.
func plainValue(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var text string
	if err := json.Unmarshal(v.Value, &text); err != nil {
		return ""
	}
	return text
}

func (b *tab) address() string { return ask[string](b, `location.href`) }
