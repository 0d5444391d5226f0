using Microsoft.Win32.SafeHandles;

namespace Fabric.Linux.Unix;

/// <summary>What one receive brought.</summary>
/// <param name="Count">The number of bytes; 0: the peer has closed its side.</param>
/// <param name="Descriptor">The descriptor that came with them, owned by the receiver; null: none.</param>
public readonly record struct ReceivedMessage(int Count, SafeFileHandle? Descriptor);
