/** The one TLS 1.3 cipher every load client offers: what browsers ask for first. load/openssl.cnf names it for wrk. */
export const CIPHER = 'TLS_AES_128_GCM_SHA256';
