import {createHash, type X509Certificate} from 'node:crypto';
import {commonNameOf} from '../../ca/owner.js';
import {escapeHtml} from '../../proxy/template.js';

/**
 * The certificate as a configuration profile, which is how iOS and iPadOS install one. The same certificate always makes the
 * same profile: installed again it replaces itself.
 */
export function renderProfile(certificate: X509Certificate): string {
  const name = escapeHtml(commonNameOf(certificate));
  const identifier = `sh.tako.root.${certificate.fingerprint256.replaceAll(':', '').slice(0, 16).toLowerCase()}`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadVersion</key><integer>1</integer>
  <key>PayloadIdentifier</key><string>${identifier}</string>
  <key>PayloadUUID</key><string>${uuidOf(certificate, 'profile')}</string>
  <key>PayloadDisplayName</key><string>${name}</string>
  <key>PayloadDescription</key><string>Lets this device open apps served by tako on your network.</string>
  <key>PayloadRemovalDisallowed</key><false/>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadType</key><string>com.apple.security.root</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadIdentifier</key><string>${identifier}.certificate</string>
      <key>PayloadUUID</key><string>${uuidOf(certificate, 'certificate')}</string>
      <key>PayloadDisplayName</key><string>${name}</string>
      <key>PayloadCertificateFileName</key><string>tako-ca.crt</string>
      <key>PayloadContent</key>
      <data>${certificate.raw.toString('base64')}</data>
    </dict>
  </array>
</dict>
</plist>
`;
}

/** Made of the certificate: version 8 of RFC 9562, section 5.8. */
function uuidOf({fingerprint256}: X509Certificate, what: string): string {
  const bytes = createHash('sha256').update(`${fingerprint256} ${what}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const digits = bytes.toString('hex').toUpperCase();
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
