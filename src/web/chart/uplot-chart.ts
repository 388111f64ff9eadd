import uPlot from 'uplot';
import type { ChartData, ChartLine } from './chart-data.ts';
import type { ChartListeners, ChartState } from './chart-state.ts';
import { type ChartTheme, onThemeChange, readTheme } from './chart-theme.ts';
import { drawBand, drawGaps, drawMarkers } from './draw-layers.ts';
import { bindKeys, bindTouch } from './plot-input.ts';
import { cursorOptions, drawUnit, lineOptions, topSpace, xAxis, yAxis } from './plot-options.ts';
import { stackLines } from './stack-lines.ts';
import { type YScale, yScale } from './y-scale.ts';

/** One uPlot in an element: lines, min–max bands, hatched gaps, markers, and a cursor that all charts of `syncKey` share. */
export class UplotChart {
  readonly #element: HTMLElement;
  readonly #syncKey: string;
  readonly #listeners: ChartListeners;
  readonly #stop: (() => void)[] = [];
  #state: ChartState;
  #drawn: ChartData;
  #scale: YScale;
  #theme: ChartTheme;
  #plot: uPlot;
  #pressed = false;

  constructor(element: HTMLElement, syncKey: string, state: ChartState, listeners: ChartListeners) {
    this.#element = element;
    this.#syncKey = syncKey;
    this.#listeners = listeners;
    this.#state = state;
    this.#drawn = isStacked(state) ? stackLines(state.data) : state.data;
    this.#scale = this.#measure();
    this.#theme = readTheme(element);
    this.#plot = this.#build();
    const resize = new ResizeObserver(() => this.#plot.setSize(this.#size()));
    resize.observe(element);
    this.#stop.push(
      () => resize.disconnect(),
      onThemeChange(() => this.#rebuild()),
    );
    this.#stop.push(
      bindKeys(
        element,
        (step) => this.#step(step),
        (factor) => this.#zoomBy(factor),
      ),
    );
    this.#stop.push(
      bindTouch(element, () => {
        this.#pressed = false;
      }),
    );
  }

  update(state: ChartState): void {
    const before = this.#state;
    this.#state = state;
    const changed = state.data !== before.data || isStacked(state) !== isStacked(before);
    if (changed) this.#drawn = isStacked(state) ? stackLines(state.data) : state.data;
    this.#scale = this.#measure();
    if (keysOf(state) !== keysOf(before)) return this.#rebuild();
    this.#plot.batch(() => {
      if (changed) this.#plot.setData(this.#aligned(), false);
      for (const [index] of state.isolated === before.isolated ? [] : state.data.lines.entries()) {
        this.#plot.setSeries(index + 1, { show: this.#isShown(index) }, false);
      }
      this.#plot.setScale('x', { min: state.fromMs, max: state.toMs });
      this.#plot.setScale('y', { min: this.#scale.min, max: this.#scale.max });
    });
    if (state.markers !== before.markers || state.zone !== before.zone) this.#plot.redraw(false, true);
  }

  close(): void {
    for (const stop of this.#stop) stop();
    this.#plot.destroy();
  }

  #measure(): YScale {
    const { fromMs, toMs, fit } = this.#state;
    return yScale(this.#drawn, fromMs, toMs, fit && !isStacked(this.#state), (index) => this.#isShown(index));
  }

  #isShown(index: number): boolean {
    const { isolated } = this.#state;
    return isolated === null || this.#drawn.lines[index]?.key === isolated;
  }

  #rebuild(): void {
    this.#theme = readTheme(this.#element);
    this.#plot.destroy();
    this.#plot = this.#build();
  }

  #build(): uPlot {
    const lines = this.#drawn.lines;
    const single = lines.length === 1;
    return new uPlot(
      {
        ...this.#size(),
        ms: 1,
        legend: { show: false },
        padding: [topSpace, 12, 0, 0],
        scales: {
          x: { time: false, auto: false, min: this.#state.fromMs, max: this.#state.toMs },
          y: { auto: false, min: this.#scale.min, max: this.#scale.max },
        },
        axes: [xAxis(this.#theme, () => this.#state), yAxis(this.#theme, () => this.#scale)],
        series: [
          {},
          ...lines.map((line, index) => lineOptions(line.label, this.#lineColor(index), single, this.#isShown(index))),
        ],
        cursor: cursorOptions(
          this.#syncKey,
          (pressed) => {
            this.#pressed = pressed;
          },
          () => this.#listeners.zoomOut(),
        ),
        hooks: {
          drawAxes: [(plot) => this.#drawUnder(plot)],
          draw: [(plot) => drawMarkers(plot, this.#state.markers, this.#theme)],
          setCursor: [
            (plot) => this.#listeners.cursor(plot.cursor.idx ?? null, plot.posToVal(plot.cursor.left ?? 0, 'x'), false),
          ],
          setSelect: [(plot) => this.#select(plot)],
        },
      },
      this.#aligned(),
      this.#element,
    );
  }

  #drawUnder(plot: uPlot): void {
    drawGaps(plot, this.#state.gaps, this.#theme);
    const stacked = isStacked(this.#state);
    for (const index of this.#drawn.lines.keys()) {
      const strength = stacked ? 0.3 : this.#drawn.banded ? 0.18 : 0;
      if (this.#isShown(index) && strength > 0) drawBand(plot, this.#drawn, index, this.#color(index), strength);
    }
    drawUnit(plot, this.#scale, this.#theme);
  }

  #select(plot: uPlot): void {
    const { left, width } = plot.select;
    plot.setSelect({ left: 0, top: 0, width: 0, height: plot.select.height }, false);
    if (!this.#pressed) return;
    this.#pressed = false;
    if (width >= 4) this.#listeners.zoom(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
  }

  #step(step: number): void {
    const times = this.#drawn.timesMs;
    const plot = this.#plot;
    if (times.length === 0) return;
    const from = plot.valToIdx(this.#state.fromMs);
    const to = plot.valToIdx(this.#state.toMs);
    const index = Math.min(to, Math.max(from, (plot.cursor.idx ?? (step > 0 ? from - 1 : to + 1)) + step));
    const position = { left: plot.valToPos(times[index] ?? this.#state.toMs, 'x'), top: plot.over.clientHeight / 2 };
    plot.setCursor(position, false);
    uPlot
      .sync(this.#syncKey)
      .pub('mousemove', plot, position.left, position.top, plot.over.clientWidth, plot.over.clientHeight, index);
    this.#listeners.cursor(index, times[index] ?? 0, true);
  }

  #zoomBy(factor: number): void {
    if (factor > 1) return this.#listeners.zoomOut();
    const { fromMs, toMs } = this.#state;
    const at = this.#drawn.timesMs[this.#plot.cursor.idx ?? -1] ?? (fromMs + toMs) / 2;
    this.#listeners.zoom(at - (at - fromMs) * factor, at + (toMs - at) * factor);
  }

  #color(index: number): string {
    return this.#theme.series[index % this.#theme.series.length] ?? this.#theme.label;
  }

  /** A part that is zero throughout would lie as a line over those below it. */
  #lineColor(index: number): string {
    const line = this.#state.data.lines[index];
    return isStacked(this.#state) && line !== undefined && isIdle(line) ? 'transparent' : this.#color(index);
  }

  #aligned(): uPlot.AlignedData {
    return [[...this.#drawn.timesMs], ...this.#drawn.lines.map((line) => [...line.average])];
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(120, this.#element.clientWidth), height: Math.max(80, this.#element.clientHeight) };
  }
}

/** A line that is shown alone stands on zero. */
function isStacked(state: ChartState): boolean {
  return state.stacked && state.isolated === null;
}

function keysOf(state: ChartState): string {
  const stacked = isStacked(state);
  return state.data.lines.map((line) => (stacked ? `${line.key} ${isIdle(line)}` : line.key)).join('\n');
}

function isIdle(line: ChartLine): boolean {
  return line.average.every((value) => !value);
}
