namespace Fabric.Cni;

/// <summary>Whole reads and writes on descriptors; interrupted calls are repeated.</summary>
internal static unsafe class Descriptors
{
    /// <summary>Everything up to the end; null if more than <paramref name="limit"/> bytes come. Throws
    /// nothing.</summary>
    /// <param name="errno">0, or what read(2) failed with; the answer is null then.</param>
    public static byte[]? ReadAll(int descriptor, int limit, out int errno)
    {
        var bytes = new byte[8192];
        var length = 0;
        errno = 0;
        while (true)
        {
            if (length == bytes.Length)
                Array.Resize(ref bytes, bytes.Length * 2);
            nint count;
            fixed (byte* start = bytes)
                count = Libc.Read(descriptor, start + length, (nuint)(bytes.Length - length));
            if (count < 0)
            {
                if (Libc.Error == Libc.EINTR)
                    continue;
                errno = Libc.Error;
                return null;
            }
            if (count == 0)
            {
                Array.Resize(ref bytes, length);
                return bytes;
            }
            length += (int)count;
            if (length > limit)
                return null;
        }
    }

    /// <summary>Writes all of <paramref name="bytes"/> to a blocking descriptor; the errno, or 0.</summary>
    public static int WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            nint count;
            fixed (byte* start = bytes)
                count = Libc.Write(descriptor, start, (nuint)bytes.Length);
            if (count < 0)
            {
                if (Libc.Error == Libc.EINTR)
                    continue;
                return Libc.Error;
            }
            bytes = bytes[(int)count..];
        }
        return 0;
    }

    /// <summary>Waits until the descriptor is ready; false once the deadline has passed.</summary>
    public static bool Await(int descriptor, short events, Deadline deadline)
    {
        while (true)
        {
            var poll = new Libc.PollDescriptor { Descriptor = descriptor, Events = events };
            var ready = Libc.Poll(&poll, 1, deadline.Milliseconds);
            if (ready > 0)
                return true;
            if (ready == 0 && deadline.Passed)
                return false;
        }
    }

    /// <summary>Lets this thread rest.</summary>
    public static void Rest(int milliseconds) => _ = Libc.Poll(null, 0, milliseconds);
}
