"use strict";
(() => {
  document.documentElement.classList.add("scripts");
  const data = JSON.parse(document.getElementById("data").textContent);

  /* What occurs twice in the data stands once in the pool. Figures stand as pictures until they come near the window; then they are drawn to be touched. */
  const numbers = (text) => {
    const upper = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const words = new DataView(new ArrayBuffer((upper.length / 3) * 4));
    for (let k = 0; k < upper.length; k += 3)
      words.setUint32((k / 3) * 4, (upper[k + 2] << 24) | (upper[k + 1] << 16) | (upper[k] << 8), true);
    return new Float32Array(words.buffer);
  };
  const said = (tree) =>
    typeof tree === "number" ? said(revived(data.pool[tree])) : Array.isArray(tree) ? tree.map(said) : tree;
  const revived = (tree) => {
    if (Array.isArray(tree)) return tree.map(revived);
    if (tree === null || typeof tree !== "object") return tree;
    if ("$" in tree) return revived(data.pool[tree.$]);
    if ("f24" in tree) return numbers(tree.f24);
    return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, revived(value)]));
  };
  const config = {
    displaylogo: false,
    displayModeBar: "hover",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
    toImageButtonOptions: { format: "svg" },
  };
  /* A box with equal axes takes the shape of its data at this width; the legend gets as many rows as it needs. */
  const fitted = (figure, width) => {
    const layout = structuredClone(figure.layout);
    const { l, r, t, b } = layout.margin;
    /* Names of points are placed for a wide figure; on a narrow one they would cover one another, and a touch tells them. */
    if (width < 600) layout.annotations = layout.annotations.filter((note) => note.name !== "point");
    const inner = layout.height - t - b;
    const axes = Object.entries(layout).filter(([key]) => key.startsWith("yaxis"));
    const boxes = axes.map(([, axis]) => axis.domain.map((share) => share * inner));
    const isRow = boxes.length > 1 && boxes.every((box) => box[0] === 0 && box[1] === inner);
    axes.forEach(([, axis], n) => {
      if (!axis.scaleanchor || isRow) return;
      const span = (a) => Math.abs(a.range[1] - a.range[0]);
      const ratio = Math.min(1, Math.max(0.55, span(axis) / span(layout[axis.scaleanchor.replace("x", "xaxis")])));
      const grown = (width - l - r) * ratio - (boxes[n][1] - boxes[n][0]);
      for (const box of boxes) if (box[0] >= boxes[n][1]) { box[0] += grown; box[1] += grown; }
      boxes[n][1] += grown;
    });
    const whole = Math.max(...boxes.map((box) => box[1]));
    axes.forEach(([, axis], n) => { axis.domain = boxes[n].map((px) => px / whole); });
    const names = figure.data.filter((trace) => trace.showlegend).map((trace) => trace.name.length);
    const entry = 44 + 6.6 * Math.max(0, ...names);
    const rows = Math.ceil(names.length / Math.max(1, Math.floor((width - l - r) / entry)));
    layout.legend.entrywidth = entry - 44;
    layout.legend.x = l / width;
    layout.margin.b = b + rows * 22 + (rows ? 8 : 0);
    layout.height = whole + t + layout.margin.b;
    return layout;
  };
  const draw = (place) => {
    const figure = revived(data.figures[place.dataset.figure]);
    const frame = place.parentElement;
    let width = frame.clientWidth;
    const show = (how) => {
      const layout = fitted(figure, width);
      place.style.height = layout.height + "px";
      return how(place, figure.data, layout, config);
    };
    frame.classList.add("drawn");
    show(Plotly.newPlot).then(
      () => frame.classList.add("ready"),
      (error) => {
        frame.classList.remove("drawn");
        console.error("figure " + place.dataset.figure, error);
      },
    );
    new ResizeObserver(() => {
      if (frame.clientWidth === 0 || frame.clientWidth === width) return;
      width = frame.clientWidth;
      show(Plotly.react);
    }).observe(frame);
  };
  const places = document.querySelectorAll("[data-figure]");
  if ("IntersectionObserver" in window) {
    const watcher = new IntersectionObserver(
      (seen) => {
        for (const entry of seen) {
          if (!entry.isIntersecting) continue;
          watcher.unobserve(entry.target);
          draw(entry.target.querySelector("[data-figure]"));
        }
      },
      { rootMargin: "300px 0px" },
    );
    for (const place of places) watcher.observe(place.parentElement);
  }

  /* The way of a number. Lines are set as text, never as markup. */
  const dialog = document.getElementById("trace");
  const body = document.getElementById("trace-body");
  const element = (tag, text) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-trace]");
    if (button) {
      const steps = said(data.traces[button.dataset.trace] ?? null);
      body.replaceChildren();
      if (!steps) {
        body.append(element("p", button.title || "No more is known of this number."));
      } else {
        const list = element("ol");
        for (const [head, ...lines] of steps) {
          const step = element("li");
          step.append(element("h3", head));
          for (const line of lines) step.append(element("p", line));
          list.append(step);
        }
        body.append(list);
      }
      dialog.showModal();
      dialog.scrollTop = 0;
    } else if (event.target === dialog) {
      dialog.close();
    }
  });

  /* On paper nobody can unfold: every finding is printed, and what was folded folds again. */
  const unfolded = [];
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details.alike:not([open])")) {
      details.open = true;
      unfolded.push(details);
    }
  });
  window.addEventListener("afterprint", () => {
    for (const details of unfolded.splice(0)) details.open = false;
  });

  /* The contents list folds away on a small screen and follows the reader on a large one. */
  const contents = document.querySelector(".contents details");
  if (window.matchMedia("(max-width: 1100px)").matches) contents.open = false;
  const links = new Map(
    [...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]),
  );
  if ("IntersectionObserver" in window) {
    const follower = new IntersectionObserver(
      (seen) => {
        for (const entry of seen) links.get(entry.target.id)?.classList.toggle("here", entry.isIntersecting);
      },
      { rootMargin: "-30% 0px -60% 0px" },
    );
    for (const id of links.keys()) {
      const target = document.getElementById(id);
      if (target) follower.observe(target);
    }
  }
})();
