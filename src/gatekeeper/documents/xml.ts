import { SaxesParser, type SaxesTagNS } from 'saxes';
import { DocumentFault, printable, shown } from './fault.ts';
import { decodeText } from './text.ts';

/** An element with what it holds. Comments are left out, and so is white space between elements. */
export interface XmlElement {
  readonly name: string;
  /** Empty: none. */
  readonly namespace: string;
  /** By name; one in a namespace has its prefix. Declarations of namespaces are left out. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Without the white space around it; empty where there are children. */
  readonly text: string;
}

export interface XmlLimits {
  bytes: number;
  depth: number;
  elements: number;
}

const XML_LIMITS: XmlLimits = { bytes: 256 * 1024, depth: 16, elements: 4_096 };

interface Open {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Map<string, string>;
  readonly children: XmlElement[];
  text: string;
  commented: boolean;
}

/**
 * Reads XML 1.0 in UTF-8 with namespaces, if it is well formed and has no document type (so no entities of its own),
 * no processing instruction, no CDATA section and no text beside elements or comments: what readers could read
 * differently, or would have to fetch. Resolves nothing. Throws DocumentFault.
 */
export function parseStrictXml(bytes: Uint8Array, limits: Partial<XmlLimits> = {}): XmlElement {
  const bound = { ...XML_LIMITS, ...limits };
  const text = decodeText(bytes, bound.bytes);
  const parser = new SaxesParser({ xmlns: true, position: true });
  const top: Open = { name: '', namespace: '', attributes: new Map(), children: [], text: '', commented: false };
  const open: Open[] = [top];
  let elements = 0;
  const refuse = (what: string): never => {
    throw new DocumentFault('malformed', what, `line ${parser.line}`);
  };
  const current = (): Open => open.at(-1) ?? top;

  parser.on('error', (error) => refuse(`it is not XML: ${printable(error.message.replace(/^[0-9:]+ /, ''))}`));
  parser.on('doctype', () => refuse('a document type is not allowed'));
  parser.on('processinginstruction', ({ target }) =>
    refuse(`the processing instruction ${shown(target)} is not allowed`),
  );
  parser.on('cdata', () => refuse('a CDATA section is not allowed'));
  parser.on('xmldecl', ({ encoding, version }) => {
    if (version !== '1.0') refuse(`version ${shown(version ?? '')} of XML is not allowed`);
    if (encoding !== undefined && encoding.toUpperCase() !== 'UTF-8') refuse(`it calls itself ${shown(encoding)}`);
  });
  parser.on('comment', () => {
    current().commented = true;
  });
  parser.on('text', (piece) => {
    current().text += piece;
  });
  parser.on('opentag', (tag) => {
    elements += 1;
    if (elements > bound.elements) throw new DocumentFault('too-large', `it has more than ${bound.elements} elements`);
    if (open.length > bound.depth) {
      throw new DocumentFault('too-large', `it is nested deeper than ${bound.depth} levels`, `line ${parser.line}`);
    }
    open.push(opened(tag));
  });
  parser.on('closetag', () => {
    const closed = open.pop();
    if (closed === undefined) return;
    const content = closed.text.trim();
    if (content !== '' && closed.children.length > 0)
      refuse(`there is text beside the elements of ${shown(closed.name)}`);
    if (content !== '' && closed.commented) refuse(`there is a comment beside the text of ${shown(closed.name)}`);
    const { name, namespace, attributes, children } = closed;
    current().children.push({ name, namespace, attributes, children, text: content });
  });

  parser.write(text).close();
  const [root] = top.children;
  return root ?? refuse('it is empty');
}

function opened(tag: SaxesTagNS): Open {
  const attributes = new Map<string, string>();
  for (const { name, prefix, value } of Object.values(tag.attributes)) {
    if (prefix !== 'xmlns' && name !== 'xmlns') attributes.set(name, value);
  }
  return { name: tag.local, namespace: tag.uri, attributes, children: [], text: '', commented: false };
}
