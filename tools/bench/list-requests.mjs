// Requests for the lists of the admin API, in the form of `signedRequests`. They are sent one after the other, again and again.
export const LISTS = ['orders', 'payments', 'callbacks', 'discrepancies'];
const LIMIT = 200;
/** More than any measure can send. */
const COUNT = 1_000_000;

export function listRequests({ lists, token }) {
  const requests = lists.map((list) => {
    const headers = `host: localhost\r\nauthorization: Bearer ${token}`;
    return Buffer.from(`GET /admin/v1/${list}?limit=${LIMIT} HTTP/1.1\r\n${headers}\r\n\r\n`);
  });
  return { count: COUNT, at: (index) => requests[index % requests.length] };
}
