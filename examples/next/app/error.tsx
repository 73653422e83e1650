'use client';

export default function ErrorPage({ reset }: { reset: () => void }) {
  return (
    <section className="card narrow">
      <h1>Not available right now</h1>
      <p>Something went wrong on the way to Directus. You are signed in as before.</p>
      <button className="primary" onClick={reset}>
        Try again
      </button>
    </section>
  );
}
