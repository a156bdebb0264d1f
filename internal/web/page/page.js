// Keeps the page up to date by the events of the daemon, and has its forms answered
// without leaving it. It draws what the server draws, from the same templates and in
// the same words. Text that others chose is only ever set as the text of a node.
"use strict";

(() => {
	const $ = (id) => document.getElementById(id);
	const field = (node, name) => node.querySelector(`[data-f="${name}"]`);
	const SVG = "http://www.w3.org/2000/svg";

	// Words, as in page_words.go.

	const count = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
	const plural = (n, one, many) => (n === 1 ? "1 " + one : count(n) + " " + many);

	function bytes(n) {
		if (n < 1000) return n + " B";
		const units = ["kB", "MB", "GB", "TB", "PB"];
		let v = n / 1000, unit = 0;
		for (; v >= 999.5 && unit < 4; unit++) v /= 1000;
		return v.toFixed(v < 9.95 ? 1 : 0) + " " + units[unit];
	}

	function took(ms) {
		if (ms < 1) return "< 1 ms";
		if (ms < 999.5) return ms.toFixed(0) + " ms";
		if (ms < 9995) return (ms / 1000).toFixed(2) + " s";
		if (ms < 59950) return (ms / 1000).toFixed(1) + " s";
		return span(ms / 1000);
	}

	function span(seconds) {
		const s = Math.max(0, Math.round(seconds)), m = Math.floor(s / 60), h = Math.floor(s / 3600);
		if (s < 60) return s + " s";
		if (h < 1) return m + " min";
		if (h < 10 && m % 60 > 0) return h + " h " + (m % 60) + " min";
		return h < 48 ? h + " h" : Math.floor(h / 24) + " d";
	}

	const ago = (seconds) => (seconds >= 2 ? span(Math.floor(seconds)) + " ago" : "just now");

	function rate(r) {
		if (r <= 0) return "0";
		if (r < 1) return Math.max(1, r * 60).toFixed(0) + "/min";
		return r < 9.95 ? r.toFixed(1) + "/s" : count(Math.round(r)) + "/s";
	}

	const two = (n) => String(n).padStart(2, "0");
	const hour = (t) => two(t.getHours()) + ":" + two(t.getMinutes());
	const clock = (t) => hour(t) + " " + zone(t);
	const exact = (t) => `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${hour(t)}:${two(t.getSeconds())} ${zone(t)}`;

	function zone(t) {
		const east = -t.getTimezoneOffset(), m = Math.abs(east);
		return east ? "UTC" + (east < 0 ? "-" : "+") + two(Math.floor(m / 60)) + ":" + two(m % 60) : "UTC";
	}

	// Names, as in page_name.go.

	const unseen = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]/gu;
	const escapes = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\ufffd": "\ufffd" };
	const markOf = (c) => escapes[c] || "U+" + c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
	const plain = (text) => text.replace(unseen, markOf);

	function setText(node, text) {
		const parts = [];
		let from = 0;
		for (const found of text.matchAll(unseen)) {
			if (from < found.index) parts.push(text.slice(from, found.index));
			const mark = document.createElement("span");
			mark.className = "unseen";
			mark.textContent = markOf(found[0]);
			parts.push(mark);
			from = found.index + found[0].length;
		}
		if (from < text.length) parts.push(text.slice(from));
		node.replaceChildren(...parts);
	}

	function set(node, text) {
		if (node.textContent !== text) node.textContent = text;
	}

	function show(node, text) {
		setText(node, text);
		node.hidden = text === "";
	}

	const clone = (id, selector) => $(id).content.querySelector(selector).cloneNode(true);

	// Times. The clock is the daemon's: that of the browser may be wrong.

	// millis is Date.parse to the nanosecond.
	const millis = (iso) => Date.parse(iso) + Number("0." + (/\.\d{3}(\d+)/.exec(iso) || [0, 0])[1]);

	let skew = Date.parse(document.querySelector("#live time").dateTime) - Date.now();
	const now = () => Date.now() + skew;

	function setTime(node, iso) {
		const time = document.createElement("time");
		time.dateTime = iso;
		time.title = exact(new Date(iso));
		time.textContent = ago((now() - Date.parse(iso)) / 1000);
		node.replaceChildren(time);
	}

	function age() {
		for (const time of document.querySelectorAll("main time[title], footer time[title]")) {
			set(time, ago((now() - Date.parse(time.dateTime)) / 1000));
		}
	}

	function say(text) {
		$("say").textContent = text;
	}

	// The headline, as in page_view.go.

	function headline(s) {
		const ill = s.folders.filter((f) => !f.ok && !f.paused);
		const paused = s.folders.filter((f) => f.paused).length;
		const settling = s.folders.reduce((sum, f) => sum + (f.settling || 0), 0);
		const todo = s.queue.queued + s.queue.in_work;
		if (s.config.refused) return ["ill", "The changed configuration was refused"];
		if (ill.length === 1) return ["ill", plain(ill[0].name) + " needs attention"];
		if (ill.length > 1) return ["ill", ill.length + " folders need attention"];
		if (todo > 0) return ["busy", "Working on " + plural(todo, "file", "files")];
		if (paused > 0 && paused === s.folders.length) return ["rest", "Paused"];
		if (paused > 0) return ["rest", plural(paused, "folder is paused", "folders are paused")];
		if (settling > 0) return ["busy", plural(settling, "file is arriving", "files are arriving")];
		return ["well", $("empty") ? "Ready for pictures" : "All caught up"];
	}

	function more(s) {
		const parts = [], oldest = (s.queue.oldest || 0) / 1e9;
		if (s.queue.queued > 0 && s.rate > 0) {
			parts.push(`about ${span((s.queue.queued + s.queue.in_work) / s.rate)} to go at ${rate(s.rate)}`);
		}
		if (oldest >= 10) parts.push("the first has waited " + span(oldest));
		parts.push("watching " + plural(s.folders.length, "folder", "folders"));
		const text = parts.join(" · ");
		return text[0].toUpperCase() + text.slice(1);
	}

	function drawFigures(s) {
		const hero = $("hero");
		set(field(hero, "queued"), count(s.queue.queued));
		set(field(hero, "in_work"), count(s.queue.in_work));
		set(field(hero, "rate"), rate(s.rate));
		set(field(hero, "done"), count(s.ended.done));
		set(field(hero, "failed"), count(s.ended.failed));
		field(hero, "failed").classList.toggle("bad", s.ended.failed > 0);
	}

	let former = "";

	function drawHero(s) {
		const hero = $("hero"), [mood, title] = headline(s);
		hero.dataset.mood = mood;
		hero.querySelector("h1 use").setAttribute("href", "#sign-" + mood);
		set(field(hero, "title"), title);
		set(field(hero, "more"), more(s));
		document.title = title + " · imgwatchd";
		drawFigures(s);
		setText(field(hero, "refused"), s.config.refused || "");
		$("refused").hidden = !s.config.refused;
		setText(field(hero, "problem"), s.listen_problem || "");
		$("listener").hidden = !s.listen_problem;
		set(field(hero, "hooks_waiting"), count(s.hooks_waiting));
		$("hooks").hidden = !s.hooks_waiting;
		// Said aloud is what changes how things are, not each number.
		const matter = mood === "busy" ? "busy" : title;
		if (former && matter !== former && !(former === "busy" && mood === "well")) say(title);
		former = matter;
	}

	// Plots, as in page_plot.go.

	const number = (v) => String(Math.round(v * 100) / 100);

	function axisTop(most) {
		if (most <= 4) return 4;
		let scale = 1;
		while (scale * 10 < most) scale *= 10;
		for (const tenths of [10, 12, 15, 20, 30, 40, 50, 60, 80, 100]) {
			const top = Math.floor((tenths * scale) / 10);
			if (top >= most && (tenths * scale) % 10 === 0) return top;
		}
		return 10 * scale;
	}

	function slots(minutes) {
		const last = minutes.length ? Date.parse(minutes[minutes.length - 1].start) : 0;
		return minutes
			.map((m) => ({ ...m, slot: 59 - Math.round((last - Date.parse(m.start)) / 60000) }))
			.filter((m) => m.slot >= 0);
	}

	function voidWidth(s) {
		if (!s.minutes.length) return 600;
		const last = Date.parse(s.minutes[s.minutes.length - 1].start);
		const before = Math.ceil((last - Date.parse(s.started)) / 60000);
		return Math.min(Math.max(59 - before, 0), 59) * 10;
	}

	function shape(name, attributes) {
		const node = document.createElementNS(SVG, name);
		for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
		return node;
	}

	function drawAxis(figure, s, top, summary) {
		set(field(figure, "top"), count(top));
		set(field(figure, "middle"), top % 2 ? "" : count(top / 2));
		field(figure, "middle-rule").setAttribute("d", top % 2 ? "" : "M0 50H600");
		figure.querySelector(".void").setAttribute("width", number(voidWidth(s)));
		field(figure, "void-note").hidden = voidWidth(s) < 200;
		figure.querySelector("svg").setAttribute("aria-label", summary);
		set(field(figure, "summary"), summary);
	}

	function bar(minute, top, running) {
		const group = shape("g", running ? { class: "running" } : {});
		const title = shape("title", {});
		title.textContent = `${clock(new Date(minute.start))}: ${count(minute.done)} done, ${count(minute.failed)} failed`;
		const x = number(minute.slot * 10), unit = 100 / top;
		group.append(title,
			shape("rect", { class: "done", x, y: number(100 - minute.done * unit), width: "8", height: number(minute.done * unit) }),
			shape("rect", { class: "failed", x, y: number(100 - (minute.done + minute.failed) * unit), width: "8", height: number(minute.failed * unit) }));
		return group;
	}

	function drawThroughput(s) {
		const minutes = slots(s.minutes), figure = $("plot-files");
		let most = 0, when = "", done = 0, failed = 0, last = 0;
		for (const m of minutes) {
			done += m.done;
			failed += m.failed;
			last = m.done + m.failed;
			if (last > most) [most, when] = [last, m.start];
		}
		const top = axisTop(most);
		drawAxis(figure, s, top, done + failed === 0 ? "None in the last hour."
			: `${plural(done + failed, "file", "files")} in the last hour, ${count(failed)} failed. Most: ${count(most)} at ${clock(new Date(when))}. This minute: ${count(last)}.`);
		figure.querySelector(".bars").replaceChildren(
			...minutes.filter((m) => m.done + m.failed > 0).map((m) => bar(m, top, m.slot === 59)));
	}

	function drawBacklog(s) {
		const minutes = slots(s.minutes), figure = $("plot-queue");
		let most = 0, when = "", line = "";
		for (const m of minutes) if (m.queued > most) [most, when] = [m.queued, m.start];
		const top = axisTop(most);
		drawAxis(figure, s, top, most === 0 ? "Nothing waited in the last hour."
			: `${count(s.queue.queued)} waiting now. Most in the last hour: ${count(most)} at ${clock(new Date(when))}.`);
		const known = minutes.filter((m) => m.slot * 10 >= voidWidth(s));
		known.forEach((m, i) => {
			const y = number(100 - m.queued * (100 / top));
			line += `${i ? "L" : "M"}${m.slot * 10} ${y}L${m.slot * 10 + 10} ${y}`;
		});
		figure.querySelector(".edge").setAttribute("d", line);
		figure.querySelector(".area").setAttribute("d",
			line && `${line}L${known[known.length - 1].slot * 10 + 10} 100L${known[0].slot * 10} 100Z`);
	}

	function drawStages(s) {
		const figure = $("stages");
		const wait = s.stages.reduce((sum, t) => sum + t.wait, 0);
		const whole = s.stages.reduce((sum, t) => sum + t.wait + t.busy, 0);
		const parts = whole > 0 ? [...s.stages.map((t) => [t.stage, t.busy]), ["waiting", wait]] : [];
		set(field(figure, "summary"), whole > 0 ? `A file takes ${took(whole / 1e6)} on average, from when it is taken up.` : "No file went through in the last hour.");
		let x = 0;
		const rects = [], terms = [];
		for (const [name, d] of parts) {
			const w = (1000 * d) / whole;
			rects.push(shape("rect", { class: "share-" + name, x: number(x), y: "0", width: number(w), height: "10" }));
			x += w;
			const div = document.createElement("div"), dt = document.createElement("dt"), dd = document.createElement("dd");
			const key = shape("svg", { class: "key", viewBox: "0 0 10 10", "aria-hidden": "true" });
			key.append(shape("rect", { class: "share-" + name, width: "10", height: "10" }));
			dt.append(key, name);
			dd.textContent = took(d / 1e6);
			div.append(dt, dd);
			terms.push(div);
		}
		figure.querySelector("svg").replaceChildren(...rects);
		figure.querySelector("dl").replaceChildren(...terms);
	}

	// Folders

	function fillFolder(row, f) {
		const state = f.paused ? "rest" : f.ok ? "well" : "ill";
		const word = f.paused ? "Paused" : f.ok ? "Watching" : "Degraded";
		row.dataset.name = f.name;
		row.dataset.state = state;
		setText(field(row, "name"), f.name);
		setText(field(row, "path"), f.path);
		row.querySelector(".state").dataset.state = state;
		row.querySelector(".state use").setAttribute("href", "#sign-" + state);
		set(field(row, "word"), word);
		const how = [];
		if (f.watches) how.push("events from " + plural(f.watches, "directory", "directories"));
		if (f.polled) how.push("polls " + plural(f.polled, "directory", "directories"));
		if (f.settling) how.push(plural(f.settling, "file", "files") + " arriving");
		set(field(row, "how"), how.join(" · "));
		show(field(row, "note"), f.paused && f.reason === "paused" ? "" : f.reason || "");
		set(field(row, "queued"), count(f.queued));
		set(field(row, "in_work"), count(f.in_work));
		set(field(row, "rate"), rate(f.rate));
		set(field(row, "done"), count(f.ended.done));
		set(field(row, "failed"), count(f.ended.failed));
		field(row, "failed").classList.toggle("bad", f.ended.failed > 0);
		field(row, "pause").setAttribute("action", f.paused ? "/v1/resume" : "/v1/pause");
		set(field(row, "pause-word"), f.paused ? "Resume" : "Pause");
		set(field(row, "pause-of"), " " + plain(f.name));
		set(field(row, "rescan-of"), " " + plain(f.name));
		for (const input of row.querySelectorAll("input[name=folder]")) input.value = f.name;
	}

	function drawFolders(folders) {
		const rows = new Map([...$("folders").children].map((row) => [row.dataset.name, row]));
		const wanted = folders.map((f) => {
			const row = rows.get(f.name) || clone("t-folder", "tr");
			fillFolder(row, f);
			return row;
		});
		for (const row of [...$("folders").children]) if (!wanted.includes(row)) row.remove();
		wanted.forEach((row, i) => {
			if ($("folders").children[i] !== row) $("folders").insertBefore(row, $("folders").children[i] || null);
		});
		roots = new Map(folders.map((f) => [f.name, f.path]));
	}

	// Files

	let roots = new Map();
	const kinds = {
		malformed: "Damaged", unsupported: "Not supported", too_large: "Too large", timeout: "Took too long",
		conflict: "Name taken", unreadable: "Cannot be read", crashed: "Crashed", gave_up: "Given up",
		not_image: "No image", exists: "Stands already", vanished: "Vanished",
	};

	function fillNames(row, e) {
		const base = e.path.slice(e.path.lastIndexOf("/") + 1);
		let dir = e.path.slice(0, e.path.length - base.length);
		const root = (roots.get(e.folder) || "") + "/";
		if (dir.startsWith(root)) dir = dir.slice(root.length);
		row.dataset.id = e.id;
		setText(field(row, "base"), base);
		setText(field(row, "folder"), e.folder);
		show(field(row, "dir"), dir.replace(/\/$/, ""));
		field(row, "dir").title = plain(dir.replace(/\/$/, ""));
		set(field(row, "kind"), (e.state !== "done" && kinds[e.class]) || "");
		setText(field(row, "why"), (e.state !== "done" && e.reason) || "");
		field(row, "why").title = plain((e.state !== "done" && e.reason) || "");
		if (e.ended) setTime(field(row, "ended"), e.ended);
		return base;
	}

	function linkOf(e, r, version) {
		const link = clone("t-link", "a");
		link.href = `/image/${e.id}/rendition/${encodeURIComponent(r.preset)}?v=${version}`;
		set(field(link, "preset"), plain(r.preset));
		set(field(link, "pixels"), `${r.width}×${r.height}`);
		set(field(link, "bytes"), bytes(r.size));
		return link;
	}

	function fileRow(e) {
		const row = clone("t-file", "tr"), version = Date.parse(e.ended) || 0;
		fillNames(row, e);
		row.dataset.state = e.state;
		const image = row.querySelector("img");
		image.hidden = e.state !== "done";
		if (e.state === "done") image.src = `/image/${e.id}/source?v=${version}`;
		const made = (e.renditions || []).filter((r) => r.state === "done" && r.path);
		made.sort((a, b) => (a.preset < b.preset ? -1 : 1));
		field(row, "links").replaceChildren(...made.flatMap((r) => [linkOf(e, r, version), " "]));
		field(row, "reason").hidden = e.state === "done" || !e.reason;
		const ms = e.started && e.ended ? millis(e.ended) - millis(e.started) : -1;
		field(row, "took").textContent = ms >= 0 ? took(ms) : "";
		return row;
	}

	function failureRow(e) {
		const row = clone("t-failure", "li");
		const base = fillNames(row, e);
		row.querySelector("input[name=id]").value = e.id;
		field(row, "retry-of").textContent = " " + plain(base);
		return row;
	}

	const pageSize = 50, failedSize = 20;
	const wanted = { text: $("q").defaultValue.toLowerCase(), folder: "", state: "" };
	for (const [key, id] of [["folder", "in"], ["state", "is"]]) {
		const chosen = [...$(id).options].find((option) => option.defaultSelected);
		wanted[key] = chosen ? chosen.value : "";
	}

	const matches = (e) => (!wanted.text || e.path.toLowerCase().includes(wanted.text)) &&
		(!wanted.folder || wanted.folder === e.folder) && (!wanted.state || wanted.state === e.state);

	// What is new waits while someone is at a row, so that it does not move away. When
	// much is new it comes less often: nobody could read it.
	let held = [], placed = 0, later;

	function busyRows() {
		const list = $("list");
		return (matchMedia("(hover: hover)").matches && list.matches(":hover")) || list.contains(document.activeElement);
	}

	function takeFiles(entries) {
		takeFailed(entries);
		if ($("list").dataset.live !== "true") return;
		const fresh = entries.filter(matches), ids = new Set(fresh.map((e) => e.id));
		held = [...fresh, ...held.filter((e) => !ids.has(e.id))].slice(0, pageSize);
		const pause = held.length > 10 ? 3000 : 0;
		clearTimeout(later);
		if (busyRows()) tellHeld();
		else if (Date.now() - placed >= pause) placeFiles();
		else later = setTimeout(() => takeFiles([]), pause);
	}

	function tellHeld() {
		$("held").hidden = held.length === 0;
		set($("held").firstElementChild, held.length < pageSize ? `Show ${plural(held.length, "newer file", "newer files")}` : "Show what is new");
	}

	function placeFiles() {
		if (!held.length) return;
		placed = Date.now();
		const rows = $("rows"), few = held.length <= 5;
		for (const e of [...held].reverse()) {
			const old = rows.querySelector(`tr[data-id="${Number(e.id)}"]`);
			if (old) old.remove();
			const row = fileRow(e);
			row.classList.toggle("fresh", few);
			rows.prepend(row);
		}
		while (rows.children.length > pageSize) rows.lastElementChild.remove();
		held = [];
		$("list").hidden = $("files").hidden = false;
		$("none").hidden = true;
		if ($("empty")) $("empty").remove();
		tellHeld();
	}

	function takeFailed(entries) {
		const list = $("failed"), worse = entries.filter((e) => e.state === "failed").length;
		if (worse) say(plural(worse, "file has failed", "files have failed"));
		for (const e of [...entries].reverse()) {
			const old = list.querySelector(`li[data-id="${Number(e.id)}"]`);
			if (old && e.state !== "failed") drop(old);
			if (e.state !== "failed") continue;
			if (old) old.replaceWith(failureRow(e));
			else list.prepend(failureRow(e));
		}
		while (list.children.length > failedSize) {
			list.lastElementChild.remove();
			$("failed-more").hidden = false;
		}
		$("failures").hidden = list.children.length === 0;
	}

	// drop takes a row away without losing the place of the keyboard.
	function drop(row) {
		const inside = row.contains(document.activeElement);
		const next = row.nextElementSibling || row.previousElementSibling;
		row.remove();
		if (inside) (next ? next.querySelector("button") : $("h-files")).focus();
	}

	// Forms

	const names = { "/v1/retry": "retried", "/v1/pause": "paused", "/v1/resume": "resumed", "/v1/rescan": "looked through again" };

	function outcome(action, results) {
		const problems = results.filter((r) => r.problem);
		if (problems.length === 1) return plain(problems[0].problem);
		if (problems.length) return `${plural(problems.length, "problem", "problems")}; the first: ${plain(problems[0].problem)}`;
		const n = results.reduce((sum, r) => sum + (r.count || 0), 0);
		return action === "/v1/retry" ? plural(n, "file is", "files are") + " tried again" : "The folder is " + (names[action] || "told");
	}

	async function send(form, button) {
		const action = form.getAttribute("action");
		button.setAttribute("aria-disabled", "true"); // disabled it would lose the keyboard
		let text, good = false;
		try {
			const response = await fetch(action, {
				method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form)),
			});
			if (response.status === 401) return location.reload();
			const answer = await response.json();
			good = response.ok && !(answer || []).some((r) => r.problem);
			text = response.ok ? outcome(action, answer || []) : answer.error;
		} catch (error) {
			text = "The daemon does not answer: " + error.message;
		}
		button.removeAttribute("aria-disabled");
		tell(form, text, good);
	}

	// tell says what became of a form, beside it.
	function tell(form, text, good) {
		say(text);
		const place = form.closest("li, td, .lead");
		let note = place.querySelector(".answer");
		if (!note) {
			note = document.createElement("p");
			note.className = "answer";
			place.append(note);
		}
		note.classList.toggle("bad", !good);
		note.textContent = text;
		clearTimeout(note.timer);
		if (good) note.timer = setTimeout(() => note.remove(), 6000);
	}

	document.addEventListener("submit", (event) => {
		if (event.target.method !== "post") return;
		event.preventDefault();
		const button = event.submitter || event.target.querySelector("button");
		if (!button.hasAttribute("aria-disabled")) send(event.target, button);
	});
	$("held").firstElementChild.addEventListener("click", placeFiles);
	$("list").addEventListener("mouseleave", () => { if (!busyRows()) placeFiles(); });
	$("list").addEventListener("focusout", () => setTimeout(() => { if (!busyRows()) placeFiles(); }));
	document.addEventListener("error", (event) => { // a picture that is not there leaves its place empty
		if (event.target.tagName === "IMG") event.target.hidden = true;
	}, true);

	// The connection

	let source, seen = 0, retry = 0, lost = false, asleep = false, timer;

	function state(word, text) {
		$("live").dataset.live = word;
		document.body.classList.toggle("stale", word === "lost");
		set($("live-text"), text);
		$("reload").hidden = word === "on";
	}

	function connected() {
		retry = 0;
		if (lost && !asleep) say("Connected again");
		if (lost) refresh();
		lost = asleep = false;
		seen = Date.now();
		state("on", "Live");
	}

	// refresh fetches what may have been missed while nothing was heard.
	async function refresh() {
		try {
			const query = new URLSearchParams({ text: wanted.text, folder: wanted.folder, state: wanted.state, limit: pageSize });
			const [files, failed] = await Promise.all([query, "state=failed&limit=" + failedSize].map(
				(q) => fetch("/v1/history?" + q, { headers: { Accept: "application/json" } }).then((r) => r.json())));
			const ids = new Set((failed.entries || []).map((e) => String(e.id)));
			for (const row of [...$("failed").children]) if (!ids.has(row.dataset.id)) drop(row);
			takeFailed(failed.entries || []);
			takeFiles(files.entries || []);
		} catch {
			// the next connection tries again
		}
	}

	function disconnected() {
		source.close();
		if (!lost) say("The connection to the daemon is lost");
		lost = true;
		retry = Math.min(retry + 1, 6);
		clearTimeout(timer);
		timer = setTimeout(connect, 1000 * Math.min(30, 2 ** (retry - 1)) * (0.75 + Math.random() / 2));
		tellAge();
	}

	function tellAge() {
		if (!lost) return;
		state("lost", "Connection lost." + (seen ? " What you see is from " + ago((Date.now() - seen) / 1000) + "." : ""));
	}

	function connect() {
		clearTimeout(timer);
		if (source) source.close();
		source = new EventSource("/v1/events");
		source.addEventListener("open", connected);
		source.addEventListener("error", disconnected);
		source.addEventListener("status", (event) => {
			seen = Date.now();
			const s = JSON.parse(event.data);
			skew = Date.parse(s.now) - Date.now();
			drawHero(s);
			drawThroughput(s);
			drawBacklog(s);
			drawStages(s);
			drawFolders(s.folders || []);
		});
		source.addEventListener("files", (event) => {
			seen = Date.now();
			takeFiles(JSON.parse(event.data));
		});
	}

	seen = Date.now();
	for (const row of $("folders").children) roots.set(row.dataset.name, field(row, "path").textContent);
	setInterval(() => { age(); tellAge(); }, 1000);
	// A browser has few connections to a server. What nobody looks at holds none for long,
	// and says nothing that may not be so any more.
	let sleep;
	document.addEventListener("visibilitychange", () => {
		clearTimeout(sleep);
		if (document.hidden) {
			sleep = setTimeout(() => {
				source.close();
				clearTimeout(timer);
				lost = asleep = true;
				document.title = "imgwatchd";
			}, 30000);
		} else if (lost) {
			connect();
		}
	});
	addEventListener("online", connect);
	connect();
})();
