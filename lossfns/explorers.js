// Moves the explorers' figures. Matplotlib drew them; here the same formulas, which SymPy wrote as
// JavaScript, are evaluated at the sliders' values, and the points go into the paths of the figure.
// `lossfns/explorers.py` computes the first state by the same steps: keep the two alike.
globalThis.lossfns = (() => {
  const INTERVALS = 200;
  const HALVINGS = 50;

  const logsumexp = (...values) => {
    const largest = Math.max(...values);
    return largest + Math.log(values.reduce((sum, v) => sum + Math.exp(v - largest), 0));
  };

  const shown = (value) => {
    if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "undefined";
    const size = Math.abs(value);
    const [digits, power] = value.toExponential(2).split("e");
    const text = size && (size < 1e-3 || size >= 1e5)
      ? `${+digits}×10${[...String(+power)].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d] ?? "⁻").join("")}`
      : String(+value.toPrecision(3));
    return text.replace("-", "−");
  };

  // --- From numbers to points of the figure ------------------------------------------------------

  const along = (share, [low, high, log]) =>
    log ? low * (high / low) ** share : low + (high - low) * share;

  const share = (value, [low, high, log]) =>
    log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);

  // Where a number lies in a panel; far outside it, no farther than a drawing program can count.
  const place = ({ box: [left, top, width, height], x, y }, [across, up]) => {
    const near = (part) => Math.min(Math.max(part, -9), 10);
    return [left + width * near(share(across, x)), top + height * (1 - near(share(up, y)))];
  };

  const path = (panel, points) => {
    let command = "M";
    return points.map((point) => {
      const [x, y] = place(panel, point);
      if (Number.isNaN(x + y)) {
        command = "M";
        return "";
      }
      const step = `${command}${x.toFixed(2)} ${y.toFixed(2)}`;
      command = "L";
      return step;
    }).join("");
  };

  // The points of a curve, with a gap where it jumps. It jumps where halving the interval again and
  // again does not make the difference smaller.
  const curve = (f, x, [low, high]) => {
    const points = [];
    for (let i = 0; i <= INTERVALS; i++) {
      const right = along(i / INTERVALS, x);
      const last = points.at(-1);
      const rise = i && Math.abs(f(right) - last[1]);
      if (rise > (high - low) / 50) {
        const [a, b] = narrowed(f, last[0], right);
        if (Math.abs(f(b) - f(a)) > rise / 4) points.push([a, f(a)], [NaN, NaN], [b, f(b)]);
      }
      points.push([right, f(right)]);
    }
    return points;
  };

  const narrowed = (f, a, b) => {
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (a + b) / 2;
      if (Math.abs(f(middle) - f(a)) > Math.abs(f(b) - f(middle))) b = middle;
      else a = middle;
    }
    return [a, b];
  };

  // --- The parts of a figure ---------------------------------------------------------------------

  const draw = (root, part, panel, points) =>
    root.querySelector(`[data-part="${part}"] path`).setAttribute("d", path(panel, points));

  const dot = (root, part, panel, points) => {
    root.querySelectorAll(`[data-part="${part}"] use`).forEach((mark, i) => {
      const [x, y] = place(panel, points[i]);
      mark.setAttribute("x", Number.isNaN(x) ? -999 : x.toFixed(2));
      mark.setAttribute("y", Number.isNaN(y) ? -999 : y.toFixed(2));
    });
  };

  // The parts of an image are out of a script's reach. On the site they are in the page already.
  const inlined = (image) => {
    const text = decodeURIComponent(image.src.slice(image.src.indexOf(",") + 1));
    const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", image.alt);
    svg.style.cssText += image.style.cssText;
    return svg;
  };

  // Starts the explorer in which `script` stands: `update` gets the sliders' values and returns
  // the words that say what is seen.
  const start = (script, sliders, update) => {
    const root = script.closest(".explorer");
    const image = root.querySelector("img");
    if (image) image.replaceWith(inlined(image));
    const inputs = [...root.querySelectorAll("input")];
    inputs.forEach((input, i) => {
      input.disabled = false;
      // JupyterLab moves between cells with these keys.
      input.addEventListener("keydown", (event) => {
        if (/^(Arrow|Page|Home|End)/.test(event.key)) event.stopPropagation();
      });
      input.addEventListener("input", () => {
        const text = shown(sliders[i][input.value]);
        input.setAttribute("aria-valuetext", text);
        root.querySelectorAll("output")[i].textContent = text;
        const values = inputs.map((other, j) => sliders[j][other.value]);
        root.querySelector(".reading").textContent = update(root, values);
      });
    });
  };

  // --- Curves over one variable, the first slider's ----------------------------------------------

  const curves = (script, { sliders, panels }) =>
    start(script, sliders, (root, [at, ...values]) => {
      const read = panels.map((panel, p) => {
        draw(root, `probe-${p}`, panel, panel.y.slice(0, 2).map((end) => [at, end]));
        const ys = panel.curves.map(([name, formula], c) => {
          const f = (x) => formula(x, ...values);
          draw(root, `curve-${p}-${c}`, panel, curve(f, panel.x, panel.y));
          dot(root, `dot-${p}-${c}`, panel, [[at, f(at)]]);
          return `${name} ${shown(f(at))}`.trim();
        });
        return `${panel.title}: ${ys.join(", ")}`;
      });
      return ["At the dots:", ...read].join("\n");
    });

  // --- Gradient descent in one or two parameters -------------------------------------------------

  const descent = (script, spec) =>
    start(script, spec.sliders, (root, [rate, size = spec.data[0].length]) => {
      const { path: visited, losses } = descend(spec, rate, size);
      const [ground, course, cliff] = spec.panels;
      const points = visited.map((theta, t) => (theta.length > 1 ? theta : [...theta, losses[t]]));
      draw(root, "path", ground, points);
      dot(root, "path", ground, points);
      draw(root, "course", course, losses.map((loss, t) => [t, loss]));
      const last = spec.sliders[0].map((r) => [r, descend(spec, r, size).losses.at(-1)]);
      draw(root, "cliff", cliff, last);
      dot(root, "here", cliff, [[rate, losses.at(-1)]]);
      return verdict(spec, rate, size, losses.at(-1));
    });

  const descend = ({ data, order, start: first, steps, loss, slopes }, rate, size) => {
    const count = data[0].length;
    const mean = (f, theta, rows) =>
      rows.reduce((sum, n) => sum + f(...theta, ...data.map((column) => column[n])), 0) / rows.length;
    const all = [...Array(count).keys()];
    const visited = [first];
    for (let t = 0; t < steps; t++) {
      const theta = visited[t];
      // All examples in their own order, so that the sum is the same whichever order is drawn.
      const batch = all.slice(0, size).map((n) => order[(t * size + n) % order.length]);
      const rows = size < count ? batch : all;
      visited.push(theta.map((value, d) => value - rate * mean(slopes[d], theta, rows)));
    }
    return { path: visited, losses: visited.map((theta) => mean(loss, theta, all)) };
  };

  const verdict = ({ data, steps, cliff, words }, rate, size, loss) => {
    const end = `After ${steps} steps the loss is ${shown(loss)}.`;
    if (!cliff) return end;
    const ratio = `η is ${shown(rate / cliff)} × 2/λ`;
    // What λ foretells holds for steps on all examples.
    if (size < data[0].length) return `${ratio}.\n${end}`;
    const [below, beyond, above] = words;
    const word = rate < cliff / 2 ? below : rate < cliff ? beyond : above;
    return `${ratio}: ${word}.\n${end}`;
  };

  return { logsumexp, shown, curve, descend, curves, descent };
})();
