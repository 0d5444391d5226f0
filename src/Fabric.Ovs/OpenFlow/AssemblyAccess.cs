using System.Runtime.CompilerServices;

// The tests read and write single messages, which the public surface has no use for.
[assembly: InternalsVisibleTo("Fabric.Ovs.Tests")]
