import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface NearViewProps {
  /** Height that is kept free until it was drawn once, px. */
  readonly estimate: number;
  readonly children: () => ComponentChildren;
}

/** Draws its content only while it is near the screen; far from it, an empty place of the same height stays. */
export function NearView({ estimate, children }: NearViewProps) {
  const element = useRef<HTMLDivElement>(null);
  const height = useRef(estimate);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const found = element.current;
    if (found === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        const last = entries.at(-1);
        if (last === undefined) return;
        if (!last.isIntersecting && last.boundingClientRect.height > 0) height.current = last.boundingClientRect.height;
        setNear(last.isIntersecting);
      },
      { rootMargin: '900px 0px' },
    );
    observer.observe(found);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={element} class="near" style={near ? {} : { height: `${height.current}px` }}>
      {near && children()}
    </div>
  );
}
